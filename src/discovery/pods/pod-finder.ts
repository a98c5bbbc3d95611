import { isPodDirectory, likelyPodPlaces, searchPod } from '../../host/cgroup/pod-path.ts';
import { type CgroupFinder, openReported } from '../cgroups/cgroup-finder.ts';
import type { CgroupInstance, CgroupTools } from '../cgroups/cgroup-instance.ts';
import type { UnitTree } from '../units/unit-tree.ts';

/** The name under which a pod's rows are booked. */
export function podLabel(uid: string): string {
  return `pod:${uid}`;
}

/** A Kubernetes pod, identified by its uid. It has one instance: a recreated pod has another uid. */
export class PodFinder implements CgroupFinder {
  readonly unit: string;
  readonly isUnit = false;
  readonly places: readonly string[];
  readonly #uid: string;
  readonly #tools: CgroupTools;

  constructor(uid: string, tools: CgroupTools) {
    this.unit = podLabel(uid);
    this.#uid = uid;
    this.places = likelyPodPlaces(uid);
    this.#tools = tools;
  }

  mayBeAt(path: string): boolean {
    return isPodDirectory(path.slice(path.lastIndexOf('/') + 1), this.#uid);
  }

  find(_tree: UnitTree, thorough: boolean): CgroupInstance[] {
    for (const path of this.places) {
      const instance = this.#openAt(path);
      if (instance !== undefined) return [instance];
    }
    if (!thorough) return [];
    const path = searchPod(this.#tools.layout.unitRoot, this.#uid);
    const instance = path === undefined ? undefined : this.#openAt(path);
    return instance === undefined ? [] : [instance];
  }

  wasAt(): void {}

  #openAt(path: string): CgroupInstance | undefined {
    return openReported(this.unit, path, this.#tools);
  }
}
