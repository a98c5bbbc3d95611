/** What the table can be sorted by: the columns, from left to right. */
export const SORT_KEYS = [
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
] as const;
export type SortKey = (typeof SORT_KEYS)[number];

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
  readonly sort: SortKey;
  /** Against the order that the key has of its own: figures from high to low, names and PIDs from low to high. */
  readonly isReversed: boolean;
  readonly isTree: boolean;
  /** Several units: each with its own rows below it. */
  readonly isGrouped: boolean;
  readonly showsStatistics: boolean;
  readonly showsCommands: boolean;
  readonly keepsExited: boolean;
  readonly isPaused: boolean;
  readonly filter: string;
  /** The filter while it is typed; null where it is not. */
  readonly draft: string | null;
  /** Null: none, and the table stays at its top. */
  readonly selected: RowKey | null;
  /** Where that row stood: whoever takes its place is selected when it goes. */
  readonly selectedAt: number;
  /** Rows above the first that is shown, on the table and on pages of text. */
  readonly scroll: number;
  readonly folded: ReadonlySet<RowKey>;
  /** Pages over time show all of it, or the last minutes. */
  readonly showsAllTime: boolean;
  /** Said until the next key. */
  readonly remark: string | null;
}

export const FIRST_STATE: ViewState = {
  page: { kind: 'table' },
  sort: 'cpu',
  isReversed: false,
  isTree: false,
  isGrouped: true,
  showsStatistics: false,
  showsCommands: false,
  keepsExited: false,
  isPaused: false,
  filter: '',
  draft: null,
  selected: null,
  selectedAt: -1,
  scroll: 0,
  folded: new Set(),
  showsAllTime: false,
  remark: null,
};
