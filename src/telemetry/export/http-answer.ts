import { printable } from '../../text/printable.ts';
import { proxyHint } from './http-failure.ts';
import { ENCODINGS, type Encoding } from './otlp-encoding.ts';
import { type Answer, CREDENTIALS_HINT, retrySeconds } from './transport.ts';

/** A complete HTTP response. */
export interface HttpResponse {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/**
 * The verdict of a response on the window (OTLP/HTTP response, and the status codes of RFC 9110). Success needs the whole
 * response, and a body that is empty or OTLP: a login page answers 200, too. A status that concerns the endpoint or the
 * credentials, not the window, is an outage like any other: nothing is lost until the setup is corrected.
 */
export function answerOf(response: HttpResponse, encoding: Encoding, nowUnixMillis: number): Answer {
  const { status, body } = response;
  if (status >= 200 && status < 300) return successOf(response, encoding);
  const message = encoding.messageOf(body);
  const cause = `HTTP ${status}`;
  const reason = `${cause}${message === '' ? '' : `: ${message}`}`;
  if (status === 413) return { kind: 'too large', cause, reason };
  if (isOutage(status)) {
    return {
      kind: 'unavailable',
      cause,
      reason: `${reason}${hint(status)}`,
      retryAfterSeconds: retryAfterSeconds(response.retryAfter, nowUnixMillis),
    };
  }
  return { kind: status >= 500 ? 'broken' : 'refused', cause, reason };
}

function successOf({ status, contentType, body }: HttpResponse, encoding: Encoding): Answer {
  // Some collectors answer protobuf with JSON. An empty JSON response has two bytes, an empty protobuf response none.
  const other = encoding.name === 'json' ? ENCODINGS.protobuf : ENCODINGS.json;
  const isPage = /^\s*text\/html\b/i.test(contentType ?? '') && body.length > 0;
  const success = isPage ? null : (encoding.partialSuccessOf(body) ?? other.partialSuccessOf(body));
  if (success !== null) return { kind: 'accepted', ...success };
  const type = contentType === undefined ? 'no content type' : printable(contentType.slice(0, 80));
  const text = encoding.messageOf(body).slice(0, 80);
  return {
    kind: 'unavailable',
    cause: `HTTP ${status} without OTLP`,
    reason: `HTTP ${status} with a body that is not OTLP (${type}): ${text} (is the endpoint a collector, not a login page or a web server?)`,
    retryAfterSeconds: null,
  };
}

/** The collector is not ready, or is the wrong endpoint. */
function isOutage(status: number): boolean {
  switch (status) {
    case 401: // Unauthorized
    case 403: // Forbidden
    case 404: // Not Found: a gateway before a collector that is being replaced says so, too
    case 407: // Proxy Authentication Required
    case 408: // Request Timeout
    case 429: // Too Many Requests
    case 502: // Bad Gateway
    case 503: // Service Unavailable
    case 504: // Gateway Timeout
      return true;
    default:
      // Redirections are not followed: the target is unknown.
      return status < 400;
  }
}

function hint(status: number): string {
  switch (status) {
    case 401:
    case 403:
      return CREDENTIALS_HINT;
    case 404:
      return ' (is the path of the endpoint right?)';
    case 407:
      return proxyHint(status);
    default:
      return status < 400 ? ' (redirections are not followed)' : '';
  }
}

/**
 * Seconds to wait by a `Retry-After` header (RFC 9110, section 10.2.3): a number of seconds, or an HTTP date in any of
 * its three forms. A past time is 0. Null if missing or invalid.
 */
function retryAfterSeconds(header: string | undefined, nowUnixMillis: number): number | null {
  const text = header?.trim() ?? '';
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : secondsUntil(text, nowUnixMillis);
  return retrySeconds(seconds);
}

function secondsUntil(date: string, nowUnixMillis: number): number {
  // A date starts with the name of a day; the asctime form has no zone and means GMT like the others.
  if (!/^[A-Za-z]{3,9},? /.test(date)) return Number.NaN;
  return (Date.parse(date.endsWith('GMT') ? date : `${date} GMT`) - nowUnixMillis) / 1000;
}
