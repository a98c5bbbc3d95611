import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import type { Log } from '../../text/log.ts';
import { printable } from '../../text/printable.ts';

/** What the exporter says when a collector took a window without some of its points. */
const PARTIAL_SUCCESS = 'Received Partial Success response:';

/** Messages told apart; those that come later are not said. */
const MESSAGES_SAID = 100;
const MESSAGE_LENGTH = 500;

/** What OTLP answers where it refused points, or has a remark (`ExportMetricsPartialSuccess`). */
export interface PartialSuccess {
  readonly rejectedPoints: number;
  readonly remark: string | null;
}

/**
 * Takes what the SDK says of itself. It is said to one logger of the whole program, the last that was set; there is no
 * other way to a partial success than what it says then.
 */
export class Diagnostics implements DiagLogger {
  readonly #log: Log;
  readonly #said: Set<string> = new Set();
  #partialSuccess: PartialSuccess | null = null;

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

  /** The partial success said since the last call. */
  takePartialSuccess(): PartialSuccess | null {
    const partial = this.#partialSuccess;
    this.#partialSuccess = null;
    return partial;
  }

  error(message: string, ...rest: unknown[]): void {
    if (this.#isNew(message)) this.#log.error({ source: 'opentelemetry' }, text(message, rest));
  }

  warn(message: string, ...rest: unknown[]): void {
    if (message === PARTIAL_SUCCESS) this.#partialSuccess = partialSuccessOf(rest[0]);
    else if (this.#isNew(message)) this.#log.warn({ source: 'opentelemetry' }, text(message, rest));
  }

  /** Failed exports come as results too. */
  info(): void {}

  /** A variable that a resource detector cannot read is only said here, and dropped as a whole. */
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

function partialSuccessOf(json: unknown): PartialSuccess {
  try {
    const { rejectedDataPoints, errorMessage } = JSON.parse(String(json)) as Record<string, unknown>;
    const rejected = Number(rejectedDataPoints ?? 0);
    return {
      rejectedPoints: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
      remark:
        typeof errorMessage === 'string' && errorMessage !== ''
          ? printable(errorMessage.slice(0, MESSAGE_LENGTH))
          : null,
    };
  } catch {
    // The collector's own text is not what the protocol says; the window was taken all the same.
    return { rejectedPoints: 0, remark: printable(String(json).slice(0, MESSAGE_LENGTH)) };
  }
}
