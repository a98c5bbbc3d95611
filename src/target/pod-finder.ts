import { likelyPodPlaces, searchPod } from '../host/cgroup/pod-path.ts';
import type { CgroupFinder } from './cgroup-finder.ts';
import { CgroupInstance, type CgroupTools } from './cgroup-instance.ts';
import type { UnitTree } from './unit-tree.ts';

/** The name that a pod's rows are booked under. */
export function podLabel(uid: string): string {
  return `pod:${uid}`;
}

/** A Kubernetes pod, named by its uid. It has one life: a pod that is started anew has another uid. */
export class PodFinder implements CgroupFinder {
  readonly unit: string;
  /** Nothing of it can end unseen in one of them and begin anew there. */
  readonly places = [];
  readonly #uid: string;
  readonly #likely: readonly string[];
  readonly #tools: CgroupTools;

  constructor(uid: string, tools: CgroupTools) {
    this.unit = podLabel(uid);
    this.#uid = uid;
    this.#likely = likelyPodPlaces(uid);
    this.#tools = tools;
  }

  find(_tree: UnitTree, thorough: boolean): CgroupInstance[] {
    for (const path of this.#likely) {
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
    const instance = CgroupInstance.open(this.unit, path, this.#tools);
    if (typeof instance !== 'string') return instance;
    if (instance !== 'gone') {
      this.#tools.report({ kind: 'unreadable', unit: this.unit, cgroup: path, failure: instance });
    }
    return undefined;
  }
}
