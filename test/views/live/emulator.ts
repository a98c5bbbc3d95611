import unicode11 from '@xterm/addon-unicode11';
import xterm from '@xterm/headless';

/** A terminal in memory (xterm.js) that renders output to a screen. */
export class Emulator {
  readonly #terminal: InstanceType<typeof xterm.Terminal>;
  readonly titles: string[] = [];
  /** Its answers to queries. */
  readonly answers: string[] = [];

  /** `emojiAreWide`: as in current terminals; otherwise as in those of ten years ago. */
  constructor(columns: number, rows: number, emojiAreWide = true) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
    if (emojiAreWide) {
      this.#terminal.loadAddon(new unicode11.Unicode11Addon());
      this.#terminal.unicode.activeVersion = '11';
    }
    this.#terminal.onTitleChange((title) => this.titles.push(title));
    this.#terminal.onData((data) => this.answers.push(data));
  }

  write(text: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(text, resolve));
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
  }

  /** The lines of the screen, without trailing spaces. */
  get lines(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.#terminal.rows }, (_, row) =>
      active.getLine(row)!.translateToString(true),
    );
  }

  /** The text of each cell of a line. */
  cellsOf(row: number): string[] {
    const line = this.#terminal.buffer.active.getLine(row)!;
    return Array.from({ length: this.#terminal.cols }, (_, column) => line.getCell(column)!.getChars());
  }

  /** Whether a cell is drawn in reverse. */
  isReversed(row: number, column: number): boolean {
    return this.#terminal.buffer.active.getLine(row)!.getCell(column)!.isInverse() !== 0;
  }

  /** Whether the alternate screen is active, which editors use, instead of the shell's. */
  get isOtherScreen(): boolean {
    return this.#terminal.buffer.active.type === 'alternate';
  }

  get modes() {
    const { bracketedPasteMode, mouseTrackingMode, wraparoundMode } = this.#terminal.modes;
    return { bracketedPasteMode, mouseTrackingMode, wraparoundMode };
  }
}
