import { listDirectories } from './directory.ts';

/** Deeper than the kubelet of a node that is itself a container of a node. */
const MOST_LEVELS = 9;
/** A search stops after so many directories: the tree of a host can be made very large by any process that may make cgroups. */
const MOST_DIRECTORIES = 20_000;

const CLASSES = ['burstable', 'besteffort'] as const;

/**
 * Where the kubelet usually puts the cgroup of a pod, with a leading `/`: by its uid and the class of service, which
 * guaranteed pods go without; first as its `systemd` driver names it, then as `cgroupfs` does (k8s.io/kubernetes
 * `pkg/kubelet/cm`: `getPodContainerParent`, `ParseSystemdToCgroupName`).
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
 * Where it is, if its kubelet has a cgroup root of its own, as in a node that is itself a container; by the names of the
 * directories alone. The nearest to the root, if there are several: a pod of the same uid inside of it is none of the
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

/** Whether a directory of this name is the pod's. */
export function isPodDirectory(name: string, uid: string): boolean {
  return name === `pod${uid}` || name.endsWith(`-pod${uid.replaceAll('-', '_')}.slice`);
}

/** The cgroup of any pod: what is below it are its containers. */
const POD = /^pod[0-9a-f-]{32,36}$|-pod[0-9a-f_]{32,36}\.slice$/;
