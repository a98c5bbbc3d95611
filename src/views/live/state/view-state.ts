/** What the table has a row of: each process, all processes of one name, those of one sub-cgroup, or each unit. */
const ROW_MODES = ['process', 'name', 'cgroup', 'unit'] as const;
export type RowMode = (typeof ROW_MODES)[number];

const BY_NAME = [
  'count',
  'name',
  'running',
  'cpu',
  'seconds',
  'memory',
  'peak',
  'disk',
  'transfer',
  'threads',
] as const;

/** What the table can be sorted by in each mode: the columns, from left to right. */
export const SORT_KEYS = {
  process: [
    'pid',
    'name',
    'ppid',
    'cpu',
    'reaped',
    'memory',
    'disk',
    'transfer',
    'threads',
    'uptime',
    'seconds',
    'peak',
  ],
  name: BY_NAME,
  cgroup: BY_NAME,
  unit: ['name', 'running', 'cpu', 'seconds', 'reaped', 'memory', 'peak', 'disk', 'transfer', 'threads'],
} as const;
export type SortKey = (typeof SORT_KEYS)[RowMode][number];

/** What a row stands for: stays the same from frame to frame. */
export type RowKey = string;

type Page =
  | { readonly kind: 'table' }
  | { readonly kind: 'help' }
  | { readonly kind: 'log' }
  /** One process, or one unit, over time. */
  | { readonly kind: 'process'; readonly key: number }
  | { readonly kind: 'unit'; readonly key: number };

/** All that keys change. Immutable. */
export interface ViewState {
  readonly page: Page;
  readonly mode: RowMode;
  /** A key of the mode. */
  readonly sort: SortKey;
  /** Against the order that the key has of its own: figures from high to low, names and PIDs from low to high. */
  readonly isReversed: boolean;
  readonly isTree: boolean;
  /** Several units: each with its own rows below it. */
  readonly isGrouped: boolean;
  readonly showsStatistics: boolean;
  /** Null: where there is room for them. */
  readonly showsCommands: boolean | null;
  readonly keepsExited: boolean;
  readonly isPaused: boolean;
  readonly filter: string;
  /** The filter while it is typed; null where it is not. */
  readonly draft: string | null;
  /** Null: none, and the table stays at its top. */
  readonly selected: RowKey | null;
  /** Index of that row: if it vanishes, the row that takes this index is selected. */
  readonly selectedAt: number;
  /** Rows above the first that is shown, on the table and on pages of text. */
  readonly scroll: number;
  /** Whether units are folded, but for those in `folded`. Null: as long as there are few of them, they are not. */
  readonly foldsUnits: boolean | null;
  /** Rows that are folded; of units, those that are not as `foldsUnits` has it. */
  readonly folded: ReadonlySet<RowKey>;
  /** Pages over time show all of it, or the last minutes. */
  readonly showsAllTime: boolean;
  /** Said until the next key. */
  readonly remark: string | null;
}

export const FIRST_STATE: ViewState = {
  page: { kind: 'table' },
  mode: 'process',
  sort: 'cpu',
  isReversed: false,
  isTree: false,
  isGrouped: true,
  showsStatistics: false,
  showsCommands: null,
  keepsExited: false,
  isPaused: false,
  filter: '',
  draft: null,
  selected: null,
  selectedAt: -1,
  scroll: 0,
  foldsUnits: null,
  folded: new Set(),
  showsAllTime: false,
  remark: null,
};

/** The filter that rows are shown by: while one is typed, as far as it is typed. */
export function filterOf({ draft, filter }: ViewState): string {
  return draft ?? filter;
}

/** Whether rows of min, max and avg are shown: names and units have none. */
export function hasStatistics({ mode, showsStatistics }: ViewState): boolean {
  return mode === 'process' && showsStatistics;
}

/** The mode that follows; one by cgroup only where units have several. */
export function nextMode(mode: RowMode, hasSubCgroups: boolean): RowMode {
  const next = ROW_MODES[(ROW_MODES.indexOf(mode) + 1) % ROW_MODES.length]!;
  return next === 'cgroup' && !hasSubCgroups ? nextMode(next, hasSubCgroups) : next;
}

/** Other rows: the table starts at its top, and is sorted by CPU if they have no column that it was sorted by. */
export function inMode(state: ViewState, mode: RowMode): ViewState {
  const keys: readonly SortKey[] = SORT_KEYS[mode];
  const sort = keys.includes(state.sort)
    ? { sort: state.sort, isReversed: state.isReversed }
    : { sort: FIRST_STATE.sort, isReversed: false };
  return { ...state, ...sort, mode, selected: null, scroll: 0 };
}
