import { el } from './dom.ts';
import { GROUP_COLOURS, NAMED_COLOURS, type NamedColour } from './palette.ts';
import type { ViewState } from './run/view-state.ts';

let isPrinting = false;

/** Light or dark: as chosen, otherwise like the system; print is light. */
function themeNow(): 'light' | 'dark' {
  if (isPrinting) return 'light';
  const chosen = document.documentElement.dataset.theme;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function colourOf(colour: number | NamedColour): string {
  const theme = themeNow();
  return typeof colour === 'number' ? GROUP_COLOURS[theme][colour]! : NAMED_COLOURS[theme][colour];
}

/** Redraws when the colours change: by the system, for print, or by the button. */
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
