import { printable } from '../../../text/printable.ts';

const MOST_CHARACTERS = 34;
const FIRST = 12;

/** A name for the page: printable, and visible even if it is empty. */
export function nameOf({ name }: { readonly name: string }): string {
  return printable(name) || '""';
}

/** A shortened name: beginning and end of a long one, because titles often begin alike. */
export function shortNameOf(process: { readonly name: string }): string {
  const characters = [...nameOf(process)];
  if (characters.length <= MOST_CHARACTERS) return characters.join('');
  const last = characters.slice(characters.length - (MOST_CHARACTERS - FIRST - 1));
  return `${characters.slice(0, FIRST).join('')}…${last.join('')}`;
}
