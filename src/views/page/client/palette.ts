/**
 * Colours of groups, in the order of their weight. They were computed: any two are at least 15 apart
 * (CIEDE2000) for a deuteranope (Machado et al. 2009, severity 1), and 10 from the greys and the card that they are drawn on.
 */
export const GROUP_COLOURS = {
  light: [
    '#1964c0',
    '#f1c658',
    '#5bc386',
    '#8a3d0d',
    '#a177df',
    '#a7cbff',
    '#7f900d',
    '#6d3161',
    '#a46167',
    '#0e583e',
  ],
  dark: [
    '#6dd3fd',
    '#d79574',
    '#109a72',
    '#ece56e',
    '#9e70d8',
    '#bdedca',
    '#987500',
    '#205cb4',
    '#d29bb5',
    '#306624',
  ],
} as const;

/** Colours with a meaning of their own. */
export const NAMED_COLOURS = {
  light: {
    other: '#b4bac4',
    reaped: '#8b93a1',
    unattributed: '#d9c8c8',
    ink: '#1b2330',
    muted: '#5c6675',
    grid: 'rgba(27,35,48,.09)',
    bad: '#c62828',
    warn: '#b86e00',
    good: '#2e7d32',
    line: '#1b2330',
  },
  dark: {
    other: '#5a6373',
    reaped: '#7d8899',
    unattributed: '#6e5457',
    ink: '#e6eaf0',
    muted: '#9aa5b5',
    grid: 'rgba(230,234,240,.09)',
    bad: '#ff6b6b',
    warn: '#f0a640',
    good: '#5cc873',
    line: '#e6eaf0',
  },
} as const;
export type NamedColour = keyof (typeof NAMED_COLOURS)['light'];
