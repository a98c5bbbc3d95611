import type { FoldData, ProcessData } from '../run/run-data.ts';

interface Line {
  /** Stable key of the branch in later trees. */
  readonly id: string;
  readonly level: number;
}

/** A process, or several of one name and parent, folded into one line. */
export interface Branch extends Line {
  readonly members: readonly [ProcessData, ...ProcessData[]];
}

/** Processes without rows of one name, below one line. */
export interface FoldedBranch extends Line {
  readonly folds: readonly [FoldData, ...FoldData[]];
}

/**
 * The tree in lines: parents before their children, oldest first, and after these the processes without rows. Children of one
 * parent (or of one folded branch) that have the same name are one line, with their own children below it, likewise folded.
 * `isOpen`: the branches that are not folded. Roots are folded by unit.
 */
export function treeOf(
  processes: readonly ProcessData[],
  isOpen: (id: string) => boolean,
  folds: readonly FoldData[] = [],
): (Branch | FoldedBranch)[] {
  const keys = new Set(processes.map(({ key }) => key));
  const children = Map.groupBy(processes, ({ key, info }) =>
    info.parent !== null && info.parent !== key && keys.has(info.parent) ? info.parent : null,
  );
  const foldsBelow = Map.groupBy(folds, ({ parent }) =>
    parent !== null && keys.has(parent) ? parent : null,
  );
  const branches: (Branch | FoldedBranch)[] = [];
  const seen = new Set<number>();
  const open: (Branch | FoldedBranch)[] = [];
  const push = (parent: string, all: readonly ProcessData[], unseen: readonly FoldData[], level: number) => {
    const fresh = all.filter(({ key }) => !seen.has(key));
    for (const { key } of fresh) seen.add(key);
    const byName = Map.groupBy(fresh, ({ info }) => `${info.unit} ${info.totals.name}`);
    const next = [...byName].flatMap(([name, members]): Branch[] => {
      const id = `${parent}\n${name}`;
      const whole = { id, members: members as [ProcessData, ...ProcessData[]], level };
      if (members.length === 1 || !isOpen(id)) return [whole];
      return [
        whole,
        ...members.map((one): Branch => ({ id: `${id}\n${one.key}`, members: [one], level: level + 1 })),
      ];
    });
    const byFoldedName = Map.groupBy(unseen, ({ unit, name }) => `${unit} ${name}`);
    const folded = [...byFoldedName].map(
      ([name, same]): FoldedBranch => ({
        id: `${parent}\n(folded) ${name}`,
        folds: same as [FoldData, ...FoldData[]],
        level,
      }),
    );
    open.push(...[...next, ...folded].reverse());
  };
  push('', children.get(null) ?? [], foldsBelow.get(null) ?? [], 0);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    branches.push(next);
    if ('folds' in next) continue;
    // The members of an open branch have their own lines, with their children below.
    if (next.members.length > 1 && isOpen(next.id)) continue;
    const below = next.members.flatMap(({ key }) => children.get(key) ?? []);
    const unseen = next.members.flatMap(({ key }) => foldsBelow.get(key) ?? []);
    if (below.length > 0 || unseen.length > 0) push(next.id, below, unseen, next.level + 1);
  }
  // A cycle of parents has no root: its members are at the end.
  for (const process of processes)
    if (!seen.has(process.key)) branches.push({ id: String(process.key), members: [process], level: 0 });
  return branches;
}
