import { nullableSum } from '../../../host/nullable.ts';
import { ofQuantities, QUANTITY_NAMES } from '../../../ledger/document/quantities.ts';
import { sortedBy, sortedItems, sortValueOf } from './order.ts';
import { type Item, keyOfProcess, type ProcessRow, type Subtree } from './row.ts';
import type { ViewState } from './view-state.ts';

/** Deeper levels are not indented any further. */
const DEEPEST = 24;

interface Node extends Item {
  readonly children: Node[];
  /** Sort value of it and its descendants. */
  weight: number;
  matches: boolean;
  /** Whether it, or one of its descendants, matches. */
  isShown: boolean;
}

/**
 * Processes as trees, each below its parent in the table. Siblings are ordered by the sum of their and their
 * descendants' values. Matching rows are shown with all their ancestors.
 */
export function branchesOf(
  items: readonly Item[],
  state: ViewState,
  matches: (item: Item) => boolean,
  indent: string,
): ProcessRow[] {
  const nodes = items.map((item): Node => {
    const isMatch = matches(item);
    return {
      ...item,
      children: [],
      weight: sortValueOf(item.process, state),
      matches: isMatch,
      isShown: isMatch,
    };
  });
  const roots = link(nodes);
  // Processes are oldest first, so iterating backwards handles children before their parents.
  for (let i = nodes.length - 1; i >= 0; i--) settle(nodes[i]!, state);
  return grown(inOrder(roots, state), state, indent);
}

/** Attaches each to its parent, and returns those without one. */
function link(nodes: readonly Node[]): Node[] {
  const byPid = new Map<number, Node>();
  const roots: Node[] = [];
  for (const node of nodes) {
    // The process with this PPID may be a younger one that reuses the number; a parent is never younger.
    const parent = byPid.get(node.process.ppid);
    if (parent === undefined || parent === node) roots.push(node);
    else parent.children.push(node);
    if (node.exitedSeconds === null || !byPid.has(node.process.pid)) byPid.set(node.process.pid, node);
  }
  return roots;
}

function settle(node: Node, state: ViewState): void {
  if (node.children.length === 0) return;
  node.isShown ||= node.children.some(({ isShown }) => isShown);
  if (!ADDS_UP.has(state.sort)) return;
  for (const { weight } of node.children) {
    if (!Number.isNaN(weight)) node.weight = (Number.isNaN(node.weight) ? 0 : node.weight) + weight;
  }
}

const ADDS_UP: ReadonlySet<string> = new Set([...QUANTITY_NAMES, 'reaped', 'threads', 'seconds']);

function inOrder(nodes: readonly Node[], state: ViewState): Node[] {
  if (nodes.length < 2) return [...nodes];
  if (state.sort === 'name') return sortedItems(nodes, state);
  return sortedBy(nodes, ({ weight }) => weight, state);
}

/** A branch that is still to be drawn, with the prefixes of its own name and of its children's names. */
interface Branch {
  readonly node: Node;
  readonly indent: string;
  readonly below: string;
}

/** The rows of trees, top down. Uses an explicit stack, because a chain of processes may exceed the call stack. */
function grown(roots: readonly Node[], state: ViewState, indent: string): ProcessRow[] {
  const rows: ProcessRow[] = [];
  const stack: Branch[] = [];
  const push = (branches: readonly Branch[]) => {
    for (let i = branches.length - 1; i >= 0; i--) if (branches[i]!.node.isShown) stack.push(branches[i]!);
  };
  push(roots.map((node) => ({ node, indent, below: indent })));
  for (let branch = stack.pop(); branch !== undefined; branch = stack.pop()) {
    const { node, below } = branch;
    const key = keyOfProcess(node.process);
    const isFolded = node.children.length > 0 && state.folded.has(key);
    rows.push({
      kind: 'process',
      key,
      process: node.process,
      exitedSeconds: node.exitedSeconds,
      folded: isFolded ? subtreeOf(node) : null,
      isBystander: !node.matches,
      indent: branch.indent,
    });
    if (!isFolded) push(childrenOf(node, state, below));
  }
  return rows;
}

function childrenOf(node: Node, state: ViewState, below: string): Branch[] {
  const children = inOrder(node.children, state).filter(({ isShown }) => isShown);
  const isDeep = below.length >= 3 * DEEPEST;
  return children.map((child, at) => {
    const isLast = at === children.length - 1;
    return {
      node: child,
      indent: below + (isLast ? '└─ ' : '├─ '),
      below: isDeep ? below : below + (isLast ? '   ' : '│  '),
    };
  });
}

function subtreeOf(root: Node): Subtree {
  const nodes = [root];
  for (let i = 0; i < nodes.length; i++) for (const child of nodes[i]!.children) nodes.push(child);
  const sum = (figure: Exclude<keyof Subtree, 'descendants'>) =>
    nodes.reduce<number | null>((total, { process }) => nullableSum(total, process[figure]), null);
  return {
    descendants: nodes.length - 1,
    ...ofQuantities(sum),
    reapedPercent: sum('reapedPercent'),
    threads: sum('threads'),
  };
}
