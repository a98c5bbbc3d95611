import pino from 'pino';
import type { LogLevel } from '../config/config.ts';
import type { Log } from '../text/log.ts';
import { escapeOf } from '../text/printable.ts';

/** Destination of log lines; standard error by default. */
export interface LogStream {
  readonly isTTY?: boolean;
  /** Bytes that its reader has not taken yet. */
  readonly writableLength?: number;
  write(text: string): unknown;
}

/** Text of processes is already printable here; this covers messages of libraries. */
const CONTROL = /[^\P{Cc}\n]/gu;

/** In bytes: the same as of windows that wait for a collector. */
const MOST_UNREAD_BYTES = 32 * 1024 * 1024;

/** Writes lines of the `console` exporter. The result returns false, and drops the line, if the reader does not keep up. */
export function consoleWriter(stream: LogStream): (line: string) => boolean {
  return (line) => {
    if ((stream.writableLength ?? 0) > MOST_UNREAD_BYTES) return false;
    stream.write(`${line}\n`);
    return true;
  };
}

const SEVERITIES = ['error', 'warn', 'info', 'debug'] as const;

/**
 * A log for people if `stream` is a terminal (`unitledger: warning: …`), otherwise JSON lines, so that
 * collectors of container output can read the fields.
 */
export function openLog(stream: LogStream, level: LogLevel): Log {
  if (!stream.isTTY) {
    const options: pino.LoggerOptions = {
      level: level === 'none' ? 'silent' : level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    };
    return pino(options, { write: (line) => void stream.write(line) });
  }
  const most = SEVERITIES.indexOf(level as (typeof SEVERITIES)[number]);
  const lineWriter = (severity: (typeof SEVERITIES)[number], mark: string) =>
    SEVERITIES.indexOf(severity) <= most
      ? (_fields: object, message: string) =>
          void stream.write(`unitledger: ${mark}${message.replace(CONTROL, escapeOf)}\n`)
      : () => {};
  return {
    error: lineWriter('error', 'error: '),
    warn: lineWriter('warn', 'warning: '),
    info: lineWriter('info', ''),
    debug: lineWriter('debug', 'debug: '),
  };
}
