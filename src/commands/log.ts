import pino from 'pino';
import type { LogLevel } from '../config/config.ts';
import type { Log } from '../text/log.ts';
import { escapeOf } from '../text/printable.ts';

/** Where log lines go; by default standard error. */
export interface LogStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Text from processes was made printable before it came here; this holds for what a library may say. */
const CONTROL = /[^\P{Cc}\n]/gu;

const SEVERITIES = ['error', 'warn', 'info', 'debug'] as const;

/**
 * A log for people where `stream` is a terminal (`unitledger: warning: …`), and JSON lines where it is not, so that
 * what collects a container's output can read the fields.
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
