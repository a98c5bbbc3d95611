/** The kind of rows: processes, names, sub-cgroups or units. */
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

/** The sortable columns of each mode, from left to right. */
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

/** The identity of a row, stable from frame to frame. */
export type RowKey = string;

type Page =
  | { readonly kind: 'table' }
  | { readonly kind: 'help' }
  | { readonly kind: 'log' }
  /** One process, or one unit, over time. */
  | { readonly kind: 'process'; readonly key: number }
  | { readonly kind: 'unit'; readonly key: number };

/** The state that keys change. Immutable. */
export interface ViewState {
  readonly page: Page;
  readonly mode: RowMode;
  /** A sort column of the mode. */
  readonly sort: SortKey;
  /** Reverses the default order: values descending, names and PIDs ascending. */
  readonly isReversed: boolean;
  readonly isTree: boolean;
  /** Several units: each with its own rows below it. */
  readonly isGrouped: boolean;
  readonly showsStatistics: boolean;
  /** Null: if there is room. */
  readonly showsCommands: boolean | null;
  readonly keepsExited: boolean;
  readonly isPaused: boolean;
  readonly filter: string;
  /** The filter while it is typed; null otherwise. */
  readonly draft: string | null;
  /** Null: none, and the table stays at its top. */
  readonly selected: RowKey | null;
  /** Index of that row: if it vanishes, the row that takes this index is selected. */
  readonly selectedAt: number;
  /** Rows above the first visible one, in the table and on pages of text. */
  readonly scroll: number;
  /** Whether units are folded, except those in `folded`. Null: folded if there are many. */
  readonly foldsUnits: boolean | null;
  /** Folded rows; for units, those that differ from `foldsUnits`. */
  readonly folded: ReadonlySet<RowKey>;
  /** History pages show the whole time, or the last minutes. */
  readonly showsAllTime: boolean;
  /** A message until the next key. */
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

/** The active filter: while one is typed, its text so far. */
export function filterOf({ draft, filter }: ViewState): string {
  return draft ?? filter;
}

/** Whether min, max and avg are shown: names and units have none. */
export function hasStatistics({ mode, showsStatistics }: ViewState): boolean {
  return mode === 'process' && showsStatistics;
}

/** The next mode; by cgroup only if units have several. */
export function nextMode(mode: RowMode, hasSubCgroups: boolean): RowMode {
  const next = ROW_MODES[(ROW_MODES.indexOf(mode) + 1) % ROW_MODES.length]!;
  return next === 'cgroup' && !hasSubCgroups ? nextMode(next, hasSubCgroups) : next;
}

/** Switches to other rows: the table starts at its top, and is sorted by CPU if they lack the current sort column. */
export function inMode(state: ViewState, mode: RowMode): ViewState {
  const keys: readonly SortKey[] = SORT_KEYS[mode];
  const sort = keys.includes(state.sort)
    ? { sort: state.sort, isReversed: state.isReversed }
    : { sort: FIRST_STATE.sort, isReversed: false };
  return { ...state, ...sort, mode, selected: null, scroll: 0 };
}
