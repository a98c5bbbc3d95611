import { validateHeaderName, validateHeaderValue } from 'node:http';
import { readWhole } from '../../host/files/read.ts';
import { whyFileFails } from '../../text/file-fault.ts';
import type { Log } from '../../text/log.ts';
import { printable } from '../../text/printable.ts';
import { isOfProtocol } from './otlp-environment.ts';
import { TelemetrySetupError } from './setup-error.ts';
import { WatchedValue } from './watched-value.ts';

export type Headers = Readonly<Record<string, string>>;

/** A file with headers, and the option that names it. */
export interface HeadersFile {
  readonly path: string;
  readonly named: string;
}

const LONGEST_BYTES = 64 * 1024;
const LINE = /^([^\s:=]+)[ \t]*[:=](.*)$/;

/** The headers in a file, read again when it changes. Throws TelemetrySetupError if it cannot be used. */
export function watchHeaders(file: HeadersFile, log: Log): WatchedValue<Headers> {
  return new WatchedValue([file.path], () => headersIn(file), 'the OTLP headers', log);
}

/** `name=value` or `Name: value`, one per line; empty lines and lines that start with `#` are ignored. */
function headersIn(file: HeadersFile): Headers {
  const headers: Record<string, string> = {};
  for (const [index, text] of textOf(file).split('\n').entries()) {
    const line = text.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] = LINE.exec(line) ?? [];
    // The line may contain a secret, so only its number is reported.
    if (name === undefined || value === undefined) throw refusal(file, `line ${index + 1} has another form`);
    const key = name.toLowerCase();
    if (isOfProtocol(key)) throw refusal(file, `line ${index + 1} is a header that OTLP itself sets`);
    try {
      validateHeaderName(key);
      validateHeaderValue(key, value.trim());
    } catch (cause) {
      throw refusal(file, `line ${index + 1} has characters that a header must not have`, cause);
    }
    headers[key] = value.trim();
  }
  return headers;
}

function textOf(file: HeadersFile): string {
  try {
    return readWhole(file.path, LONGEST_BYTES).toString('utf8');
  } catch (cause) {
    const why = whyFileFails(cause, 'read');
    if (why === null) throw cause;
    throw refusal(file, `it ${why}`, cause);
  }
}

function refusal({ path, named }: HeadersFile, what: string, cause?: unknown): TelemetrySetupError {
  return new TelemetrySetupError(
    `${named} is "${printable(path)}", which cannot be used: ${what}; it takes a file with lines such as "api-key=…" or "Authorization: Bearer …".`,
    { cause },
  );
}
