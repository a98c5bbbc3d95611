import pino from 'pino';
import type { LogLevel } from '../config/config.ts';
import type { Log } from '../text/log.ts';
import { escapeOf } from '../text/printable.ts';

/** Destination of log lines; standard error by default. */
export interface LogStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Text of processes is already printable here; this covers messages of libraries. */
const CONTROL = /[^\P{Cc}\n]/gu;

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
