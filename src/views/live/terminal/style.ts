/** The meaning of a cell; the palette defines its look on a terminal. */
export const STYLES = [
  'plain',
  'strong',
  'faint',
  'title',
  'heading',
  'sorted',
  'unit',
  'good',
  'warn',
  'bad',
  'low',
  'middle',
  'high',
  'spark',
  'selected',
  'bar',
  'key',
  'fading',
  'input',
] as const;
export type StyleName = (typeof STYLES)[number];

/** Index into `STYLES`. */
export type Style = number;

export const PLAIN: Style = 0;

/** The styles by name. */
export const STYLE = Object.fromEntries(STYLES.map((name, index) => [name, index])) as {
  readonly [S in StyleName]: Style;
};
