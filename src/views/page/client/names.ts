import { printable } from '../../../text/printable.ts';

const MOST_CHARACTERS = 34;
const FIRST = 12;

/** A name as the page says it: printable, and seen even where it is empty. */
export function nameOf({ name }: { readonly name: string }): string {
  return printable(name) || '""';
}

/** A name in few characters: of a long one its beginning and its end, since titles begin alike. */
export function shortNameOf(process: { readonly name: string }): string {
  const characters = [...nameOf(process)];
  if (characters.length <= MOST_CHARACTERS) return characters.join('');
  const last = characters.slice(characters.length - (MOST_CHARACTERS - FIRST - 1));
  return `${characters.slice(0, FIRST).join('')}…${last.join('')}`;
}
