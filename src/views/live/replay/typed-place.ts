import type { Input } from '../terminal/keys.ts';

const MOST_CHARACTERS = 40;

/** The line in which a place is typed. */
export class TypedPlace {
  /** What is typed so far; null where nothing is asked. */
  text: string | null = null;

  open(): void {
    this.text = '';
  }

  /** What was typed, once it is whole; null until then, or where it was given up. */
  take(input: Input): string | null | 'not taken' {
    const text = this.text ?? '';
    switch (input.kind) {
      case 'text':
      case 'paste':
        this.text = (text + input.text.replaceAll(/\p{Cc}/gu, '')).slice(0, MOST_CHARACTERS);
        return null;
      case 'control':
        if (input.letter !== 'u') return 'not taken';
        this.text = '';
        return null;
      case 'key':
        if (input.key === 'backspace') this.text = [...text].slice(0, -1).join('');
        else if (input.key === 'escape' || input.key === 'enter') this.text = null;
        return input.key === 'enter' && text.trim() !== '' ? text : null;
      default:
        return null;
    }
  }
}
