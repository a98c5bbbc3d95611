import type { Log } from '../../src/text/log.ts';

/** A log that keeps its lines. */
export class RecordedLog implements Log {
  readonly lines: {
    readonly level: string;
    readonly fields: Record<string, unknown>;
    readonly message: string;
  }[] = [];

  debug(fields: object, message: string): void {
    this.#add('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#add('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#add('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#add('error', fields, message);
  }

  /** `level: message (reason)` of each line. */
  get said(): string[] {
    return this.lines.map(({ level, fields, message }) => {
      const more = fields.reason ?? fields.remark;
      return `${level}: ${message}${more === undefined || more === null ? '' : ` (${more})`}`;
    });
  }

  #add(level: string, fields: object, message: string): void {
    this.lines.push({ level, fields: fields as Record<string, unknown>, message });
  }
}
