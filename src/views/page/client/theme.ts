import { el } from './dom.ts';
import type { ViewState } from './run/view-state.ts';

/** Colours of groups, in the order of their weight; told apart by people who see few colours, on light and on dark. */
const GROUPS = {
  light: [
    '#3b7dd8',
    '#e08a1e',
    '#2a9d74',
    '#c2447e',
    '#7a5cc9',
    '#3fa7c4',
    '#a6792f',
    '#6b9e2d',
    '#d1594a',
    '#5d6fa8',
  ],
  dark: [
    '#5b9cf5',
    '#f0a640',
    '#45c796',
    '#e56aa3',
    '#a08af0',
    '#5cc6e4',
    '#cfa25a',
    '#93c84c',
    '#f07f6e',
    '#8c9ddb',
  ],
};
const NAMED = {
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
export type NamedColour = keyof (typeof NAMED)['light'];

let isPrinting = false;

/** Light or dark: as chosen, else as the system has it; paper is light. */
function themeNow(): 'light' | 'dark' {
  if (isPrinting) return 'light';
  const chosen = document.documentElement.dataset.theme;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function colourOf(colour: number | NamedColour): string {
  const theme = themeNow();
  return typeof colour === 'number' ? GROUPS[theme][colour % GROUPS[theme].length]! : NAMED[theme][colour];
}

/** Redraws whenever the colours change: the system's, on paper, or by the button. */
export function watchTheme(state: ViewState): HTMLButtonElement {
  const say = () => {
    button.textContent = themeNow() === 'dark' ? '☀ Light' : '☾ Dark';
    state.changed('theme');
  };
  const button = el('button', {
    type: 'button',
    class: 'theme',
    title: 'Switch between light and dark',
    onclick: () => {
      document.documentElement.dataset.theme = themeNow() === 'dark' ? 'light' : 'dark';
      say();
    },
  });
  button.textContent = themeNow() === 'dark' ? '☀ Light' : '☾ Dark';
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', say);
  const print = (printing: boolean) => () => {
    isPrinting = printing;
    state.changed('theme');
  };
  addEventListener('beforeprint', print(true));
  addEventListener('afterprint', print(false));
  return button;
}
