import type { ProcessNode, SpanUsage, TraceRoot } from './process-node.ts';
import { newSpanId } from './trace-context.ts';

/** One span for several processes: siblings with the same name and parent, the shortest of their batch. */
export interface FoldedSpan {
  readonly root: TraceRoot;
  readonly spanId: string;
  readonly parentSpanId: string;
  /** Hostile text. */
  readonly name: string;
  readonly count: number;
  /** Number of processes with an exit code other than 0. */
  readonly failed: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Sum of their durations. */
  readonly durationSeconds: number;
  /** Sums, and the highest peak. */
  readonly usage: SpanUsage;
  readonly members: readonly ProcessNode[];
  /** Whether they share the parent of this span; otherwise its parent is the root. */
  readonly areSiblings: boolean;
}

/** A batch to send. */
export interface FoldedBatch {
  readonly single: readonly ProcessNode[];
  readonly folded: readonly FoldedSpan[];
}

/** Processes with one parent and one name that share a span ID once they are grouped. */
interface Group {
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly members: readonly ProcessNode[];
  readonly areSiblings: boolean;
}

/**
 * Folds the shortest processes of a batch until at most `room` spans are left, or nothing more can be folded. Children
 * of a folded process become children of the folded span. If folding siblings is not enough (a chain of forks), all
 * processes of one name fold into one span below the root.
 */
export function foldSpans(ended: readonly ProcessNode[], room: number): FoldedBatch {
  if (ended.length <= room) return { single: ended, folded: [] };
  const shortestFirst = ended
    .filter(({ hasSentChild }) => !hasSentChild)
    .sort((a, b) => a.durationSeconds - b.durationSeconds);
  const excess = ended.length - room;
  for (let candidates = excess + 1; ; candidates *= 2) {
    const groups = groupSiblings(shortestFirst.slice(0, candidates));
    if (spansOf(ended, groups) <= room) return batchOf(ended, groups);
    if (candidates >= shortestFirst.length) break;
  }
  return batchOf(ended, groupByName(shortestFirst));
}

/** Groups of two or more. Parents are grouped before their children, whose parent may be a group. */
function groupSiblings(candidates: readonly ProcessNode[]): readonly Group[] {
  const groups: Group[] = [];
  for (const node of candidates) node.foldedInto = null;
  for (const level of byDepth(candidates)) {
    const found = new Map<string, ProcessNode[]>();
    for (const node of level) push(found, `${node.parentSpanId} ${node.name}`, node);
    for (const members of found.values()) if (members.length > 1) groups.push(grouped(members, true));
  }
  return groups;
}

/** Ignores parents. */
function groupByName(candidates: readonly ProcessNode[]): readonly Group[] {
  const found = new Map<string, ProcessNode[]>();
  for (const node of candidates) {
    node.foldedInto = null;
    push(found, `${node.root.context.spanId} ${node.name}`, node);
  }
  return [...found.values()].filter(({ length }) => length > 1).map((members) => grouped(members, false));
}

function grouped(members: readonly ProcessNode[], areSiblings: boolean): Group {
  const first = members[0]!;
  const parentSpanId = areSiblings ? first.parentSpanId : first.root.context.spanId;
  const spanId = newSpanId();
  // Not the group: a living child of one member would keep all others in memory.
  const foldedInto = { spanId };
  for (const node of members) node.foldedInto = foldedInto;
  return { spanId, parentSpanId, members, areSiblings };
}

/** Nodes by the number of their ancestors in `nodes`. */
function byDepth(nodes: readonly ProcessNode[]): readonly (readonly ProcessNode[])[] {
  const depths = new Map<ProcessNode, number>();
  const all = new Set(nodes);
  const levels: ProcessNode[][] = [];
  for (const node of nodes) {
    const way: ProcessNode[] = [];
    let at: ProcessNode | null = node;
    while (at !== null && !depths.has(at)) {
      way.push(at);
      at = at.parent;
    }
    let depth = at === null ? 0 : depths.get(at)! + (all.has(at) ? 1 : 0);
    for (const each of way.reverse()) {
      depths.set(each, depth);
      if (all.has(each)) depth++;
    }
  }
  for (const node of nodes) {
    const depth = depths.get(node)!;
    levels[depth] ??= [];
    levels[depth].push(node);
  }
  return levels.filter((level) => level !== undefined);
}

function spansOf(ended: readonly ProcessNode[], groups: readonly Group[]): number {
  return groups.reduce((spans, { members }) => spans - members.length + 1, ended.length);
}

function batchOf(ended: readonly ProcessNode[], groups: readonly Group[]): FoldedBatch {
  return { single: ended.filter(({ foldedInto }) => foldedInto === null), folded: groups.map(foldedSpan) };
}

function foldedSpan({ spanId, parentSpanId, members, areSiblings }: Group): FoldedSpan {
  const first = members[0]!;
  const usages = members.map(({ usage }) => usage);
  const sumOf = (figure: keyof SpanUsage) => sum(usages.map((usage) => usage[figure]));
  return {
    root: first.root,
    spanId,
    parentSpanId,
    name: first.name,
    count: members.length,
    failed: members.filter(({ exitCode }) => exitCode !== null && exitCode !== 0).length,
    startSeconds: least(members.map(({ startSeconds }) => startSeconds)),
    endSeconds: highest(members.map(({ endSeconds }) => endSeconds)),
    durationSeconds: sum(members.map(({ durationSeconds }) => durationSeconds)),
    usage: {
      cpuSeconds: sumOf('cpuSeconds'),
      reapedSeconds: sumOf('reapedSeconds'),
      peakMemoryBytes: highest(usages.map(({ peakMemoryBytes }) => peakMemoryBytes)),
      diskBytes: sumOf('diskBytes'),
      transferBytes: sumOf('transferBytes'),
    },
    members,
    areSiblings,
  };
}

/** Sum of the known values; NaN if there are none. */
function sum(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? Number.NaN : known.reduce((total, value) => total + value, 0);
}

function least(values: readonly number[]): number {
  return values.reduce((lowest, value) => Math.min(value, lowest), Number.POSITIVE_INFINITY);
}

/** Maximum of the known values; NaN if there are none. */
function highest(values: readonly number[]): number {
  return values.reduce((most, value) => (value <= most || Number.isNaN(value) ? most : value), Number.NaN);
}

function push<Key>(lists: Map<Key, ProcessNode[]>, key: Key, node: ProcessNode): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [node]);
  else list.push(node);
}
