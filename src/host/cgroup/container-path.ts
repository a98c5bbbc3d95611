/** Container and pod of a cgroup, as its path shows them. */
export interface ContainerPlace {
  /** `container.id` of the runtime; null if the path shows none. */
  readonly containerId: string | null;
  /** `k8s.pod.uid`; null if the path shows none. */
  readonly podUid: string | null;
}

/** Names by the systemd cgroup driver: docker-ID.scope, cri-containerd-ID.scope, crio-ID.scope, libpod-ID.scope. */
const SCOPE = /^(?<runtime>[a-z][a-z0-9.-]*)-(?<id>[0-9a-f]{64})\.scope$/;
/** Name by the cgroupfs driver: the ID. */
const BARE = /^[0-9a-f]{64}$/;
/** containerd below systemd slices without the systemd driver: SLICE:cri-containerd:ID */
const TRIPLE = /:(?<runtime>[a-z][a-z0-9.-]*):(?<id>[0-9a-f]{64})$/;
/** A container's monitor is in a sibling scope, which is not the container. */
const MONITOR = /(?:^|-)conmon$/;
/**
 * kubepods-burstable-podUID.slice, with `_` instead of `-` in the UID; podUID by the cgroupfs driver. The UID of a
 * static pod has no dashes.
 */
const POD_SLICE =
  /^kubepods(?:-[a-z]+)?-pod(?<uid>[0-9a-f]{8}(?:_?[0-9a-f]{4}){3}_?[0-9a-f]{12})\.slice(?::|$)/;
const POD = /^pod(?<uid>[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12})$/;

/**
 * Parses container and pod from a cgroup path, by the names that container runtimes and the kubelet use
 * (systemd.io/CONTAINER_INTERFACE, the kubelet's cgroup manager). Of nested containers, the innermost one is returned.
 */
export function containerPlaceOf(path: string): ContainerPlace {
  let containerId: string | null = null;
  let podUid: string | null = null;
  for (const name of path.split('/')) {
    const { runtime = '', id = BARE.test(name) ? name : undefined } =
      (SCOPE.exec(name) ?? TRIPLE.exec(name))?.groups ?? {};
    if (id !== undefined && !MONITOR.test(runtime)) containerId = id;
    const uid = (POD_SLICE.exec(name) ?? POD.exec(name))?.groups?.uid;
    if (uid !== undefined) podUid = uid.replaceAll('_', '-');
  }
  return { containerId, podUid };
}
