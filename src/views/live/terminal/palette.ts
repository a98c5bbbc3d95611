import { STYLES, type Style, type StyleName } from './style.ts';

/** Number of colours of a terminal; `none` also if colours are disabled (https://no-color.org). */
export type ColourDepth = 'none' | '16' | '256' | 'true';
export type Background = 'dark' | 'light' | 'unknown';

/** Colours of the view by purpose. */
type Hue = 'grey' | 'green' | 'orange' | 'red' | 'teal' | 'blue';
type Rgb = readonly [red: number, green: number, blue: number];

/** Each is readable on its background; if that is unknown, on black and on white. */
export const HUES: Readonly<Record<Background, Readonly<Record<Hue, Rgb>>>> = {
  dark: {
    grey: [158, 158, 158],
    green: [135, 215, 95],
    orange: [255, 175, 95],
    red: [255, 115, 105],
    teal: [95, 190, 190],
    blue: [135, 190, 255],
  },
  light: {
    grey: [95, 95, 95],
    green: [0, 100, 0],
    orange: [145, 75, 0],
    red: [175, 0, 0],
    teal: [0, 95, 100],
    blue: [0, 75, 175],
  },
  unknown: {
    grey: [118, 118, 118],
    green: [0, 138, 0],
    orange: [172, 98, 0],
    red: [240, 0, 0],
    teal: [0, 128, 160],
    blue: [85, 105, 220],
  },
};

/** Those of the sixteen terminal-defined colours that are readable; other styles have no colour. */
const SIXTEEN: Readonly<Record<Background, Readonly<Partial<Record<Hue, number>>>>> = {
  dark: { green: 32, orange: 33, red: 31, teal: 36, blue: 36 },
  light: { green: 34, orange: 35, red: 31, teal: 34, blue: 34 },
  unknown: { orange: 35, red: 31 },
};

/** A style: attributes that apply with and without colours, and a hue. */
const LOOKS: Readonly<Record<StyleName, { readonly attributes: readonly number[]; readonly hue?: Hue }>> = {
  plain: { attributes: [] },
  strong: { attributes: [1] },
  faint: { attributes: [2], hue: 'grey' },
  title: { attributes: [1] },
  heading: { attributes: [7] },
  sorted: { attributes: [1, 7] },
  unit: { attributes: [1], hue: 'blue' },
  good: { attributes: [], hue: 'green' },
  warn: { attributes: [1], hue: 'orange' },
  bad: { attributes: [1], hue: 'red' },
  low: { attributes: [], hue: 'green' },
  middle: { attributes: [], hue: 'orange' },
  high: { attributes: [1], hue: 'red' },
  spark: { attributes: [], hue: 'teal' },
  selected: { attributes: [7] },
  bar: { attributes: [7] },
  key: { attributes: [1] },
  fading: { attributes: [2], hue: 'grey' },
  input: { attributes: [4] },
};

const FAINT = 2;
const STEPS = [0, 95, 135, 175, 215, 255];
const FIRST_GREY = 232;
const GREYS = 24;

/** The parameters of SGR (ECMA-48) for each style, the empty text for none. */
export function paletteOf(depth: ColourDepth, background: Background): readonly string[] {
  return STYLES.map((name) => parametersOf(name, depth, background).join(';'));
}

function parametersOf(name: StyleName, depth: ColourDepth, background: Background): number[] {
  const { attributes, hue } = LOOKS[name];
  const colour = hue === undefined ? [] : colourOf(hue, depth, background);
  // A faint variant of a readable colour would not be readable.
  return [...attributes.filter((attribute) => attribute !== FAINT || colour.length === 0), ...colour];
}

function colourOf(hue: Hue, depth: ColourDepth, background: Background): number[] {
  if (depth === 'none') return [];
  if (depth === '16') {
    const code = SIXTEEN[background][hue];
    return code === undefined ? [] : [code];
  }
  const rgb = HUES[background][hue];
  return depth === '256' ? [38, 5, nearestOf256(rgb)] : [38, 2, ...rgb];
}

/** The nearest colour of xterm's cube and greys. */
export function nearestOf256(rgb: Rgb): number {
  let nearest = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let index = 16; index < FIRST_GREY + GREYS; index++) {
    const distance = rgbOf256(index).reduce((sum, value, i) => sum + (value - rgb[i]!) ** 2, 0);
    if (distance < least) {
      least = distance;
      nearest = index;
    }
  }
  return nearest;
}

/** A colour of xterm's cube (16 to 231) or its greys (232 to 255). */
export function rgbOf256(index: number): Rgb {
  if (index >= FIRST_GREY) {
    const grey = 8 + 10 * (index - FIRST_GREY);
    return [grey, grey, grey];
  }
  const cube = index - 16;
  return [STEPS[Math.floor(cube / 36)]!, STEPS[Math.floor(cube / 6) % 6]!, STEPS[cube % 6]!];
}

/** The sequence that switches to a style from any other. */
export function sequenceOf(palette: readonly string[], style: Style): string {
  const parameters = palette[style] ?? '';
  return parameters === '' ? '\x1b[0m' : `\x1b[0;${parameters}m`;
}
