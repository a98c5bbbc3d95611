import { listDirectories } from './directory.ts';

/** Sufficient for the kubelet of a node that is itself a container of a node. */
const MOST_LEVELS = 9;
/** Limit of a search: any process that may create cgroups can make the host's tree very large. */
const MOST_DIRECTORIES = 20_000;

const CLASSES = ['burstable', 'besteffort'] as const;

/**
 * Usual paths of a pod's cgroup, with a leading `/`: by its uid and its QoS class, which guaranteed pods do not have;
 * first by the kubelet's `systemd` driver, then by `cgroupfs` (k8s.io/kubernetes `pkg/kubelet/cm`:
 * `getPodContainerParent`, `ParseSystemdToCgroupName`).
 */
export function likelyPodPlaces(uid: string): readonly string[] {
  const escaped = uid.replaceAll('-', '_');
  return [
    ...CLASSES.map((name) => `/kubepods.slice/kubepods-${name}.slice/kubepods-${name}-pod${escaped}.slice`),
    `/kubepods.slice/kubepods-pod${escaped}.slice`,
    ...CLASSES.map((name) => `/kubepods/${name}/pod${uid}`),
    `/kubepods/pod${uid}`,
  ];
}

/**
 * Path of a pod whose kubelet has its own cgroup root, as in a node that is itself a container; by directory names
 * only. If there are several, the one nearest to the root is returned: a pod of the same uid inside it is not the
 * host's.
 */
export function searchPod(unitRoot: string, uid: string): string | undefined {
  let level: readonly string[] = [''];
  let directories = 0;
  for (let depth = 0; depth < MOST_LEVELS && level.length > 0; depth++) {
    const below: string[] = [];
    for (const path of level) {
      if (++directories > MOST_DIRECTORIES) return undefined;
      const names = listDirectories(unitRoot + path);
      if (typeof names === 'string') continue;
      for (const name of names) {
        if (isPodDirectory(name, uid)) return `${path}/${name}`;
        if (!POD.test(name)) below.push(`${path}/${name}`);
      }
    }
    level = below;
  }
  return undefined;
}

/** Whether a directory name belongs to the pod. */
export function isPodDirectory(name: string, uid: string): boolean {
  return name === `pod${uid}` || name.endsWith(`-pod${uid.replaceAll('-', '_')}.slice`);
}

/** The cgroup of any pod; its containers are below it. */
const POD = /^pod[0-9a-f-]{32,36}$|-pod[0-9a-f_]{32,36}\.slice$/;
