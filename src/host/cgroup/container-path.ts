/** What a cgroup's path says of the container that it is, or is in. */
export interface ContainerPlace {
  /** `container.id`: as its runtime names it; null where the path shows none. */
  readonly containerId: string | null;
  /** `k8s.pod.uid`; null where the path shows none. */
  readonly podUid: string | null;
}

/** What systemd's cgroup driver makes of an id: docker-ID.scope, cri-containerd-ID.scope, crio-ID.scope, libpod-ID.scope. */
const SCOPE = /^(?<runtime>[a-z][a-z0-9.-]*)-(?<id>[0-9a-f]{64})\.scope$/;
/** The other driver names it by the id alone. */
const BARE = /^[0-9a-f]{64}$/;
/** containerd below systemd's slices without that driver: SLICE:cri-containerd:ID */
const TRIPLE = /:(?<runtime>[a-z][a-z0-9.-]*):(?<id>[0-9a-f]{64})$/;
/** Runtimes put a container's monitor into a sibling scope, which is not the container. */
const MONITOR = /(?:^|-)conmon$/;
/** kubepods-burstable-podUID.slice, with `_` for `-` in it; by the other driver podUID. A static pod's has no dashes. */
const POD_SLICE =
  /^kubepods(?:-[a-z]+)?-pod(?<uid>[0-9a-f]{8}(?:_?[0-9a-f]{4}){3}_?[0-9a-f]{12})\.slice(?::|$)/;
const POD = /^pod(?<uid>[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12})$/;

/**
 * Reads the container and the pod out of a cgroup's path, by the names that container runtimes and the kubelet give
 * (systemd.io/CONTAINER_INTERFACE, the kubelet's cgroup manager). Of containers in containers the innermost counts.
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
