import type { Input } from '../terminal/keys.ts';

const MOST_CHARACTERS = 40;

/** The input line for a place. */
export class TypedPlace {
  /** The text so far; null without input. */
  text: string | null = null;

  open(): void {
    this.text = '';
  }

  /** The complete text; null until then, or if the input was cancelled. */
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
