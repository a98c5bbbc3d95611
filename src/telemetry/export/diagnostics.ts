import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import type { Log } from '../../text/log.ts';
import { printable } from '../../text/printable.ts';

/** At most this many distinct messages are logged. */
const MESSAGES_SAID = 100;
const MESSAGE_LENGTH = 500;

/** Receives the SDK's own log messages. The SDK has one global logger: the last that was set. */
export class Diagnostics implements DiagLogger {
  readonly #log: Log;
  readonly #said: Set<string> = new Set();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Makes it the SDK's logger. */
  start(): void {
    diag.setLogger(this, { logLevel: DiagLogLevel.DEBUG, suppressOverrideMessage: true });
  }

  stop(): void {
    diag.disable();
  }

  error(message: string, ...rest: unknown[]): void {
    if (this.#isNew(message)) this.#log.error({ source: 'opentelemetry' }, text(message, rest));
  }

  warn(message: string, ...rest: unknown[]): void {
    if (this.#isNew(message)) this.#log.warn({ source: 'opentelemetry' }, text(message, rest));
  }

  info(): void {}

  /** A variable that a resource detector cannot read is reported only here, and ignored as a whole. */
  debug(message: string): void {
    if (typeof message !== 'string' || !message.includes('Detector failed')) return;
    if (this.#isNew(message)) this.#log.warn({ source: 'opentelemetry' }, text(message, []));
  }

  verbose(): void {}

  #isNew(message: string): boolean {
    if (this.#said.has(message) || this.#said.size >= MESSAGES_SAID) return false;
    this.#said.add(message);
    return true;
  }
}

function text(message: string, rest: readonly unknown[]): string {
  const more = rest.map((value) => (value instanceof Error ? value.message : String(value)));
  return printable([message, ...more].join(' ').slice(0, MESSAGE_LENGTH));
}
