import type { Encoding } from './otlp-encoding.ts';
import { retryAfterSeconds } from './retry-after.ts';
import type { Answer } from './transport.ts';

/** An HTTP response that has come to its end. */
export interface HttpResponse {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Uint8Array;
}

/**
 * What a response says of the window (OTLP/HTTP response, and the status codes of RFC 9110). Success needs its whole
 * answer. A status that speaks of the place or of the credentials, and not of the window, is an outage like any other: it is put
 * right where the program is set up, and until then nothing should be lost.
 */
export function answerOf(response: HttpResponse, encoding: Encoding, nowUnixMillis: number): Answer {
  const { status, body } = response;
  if (status >= 200 && status < 300) return { kind: 'accepted', ...encoding.partialSuccessOf(body) };
  const message = encoding.messageOf(body);
  const reason = `it answered HTTP ${status}${message === '' ? '' : `: ${message}`}`;
  if (isOutage(status)) {
    return {
      kind: 'unavailable',
      reason: `${reason}${hint(status)}`,
      retryAfterSeconds: retryAfterSeconds(response.retryAfter, nowUnixMillis),
    };
  }
  return { kind: status >= 500 ? 'broken' : 'refused', reason };
}

/** Not ready, or not the place that takes windows from us. */
function isOutage(status: number): boolean {
  switch (status) {
    case 401: // Unauthorized
    case 403: // Forbidden
    case 404: // Not Found: what stands before a collector that is being replaced says so, too
    case 407: // Proxy Authentication Required
    case 408: // Request Timeout
    case 429: // Too Many Requests
    case 502: // Bad Gateway
    case 503: // Service Unavailable
    case 504: // Gateway Timeout
      return true;
    default:
      // Redirections are not followed: they could lead anywhere.
      return status < 400;
  }
}

function hint(status: number): string {
  switch (status) {
    case 401:
    case 403:
      return ' (are the credentials in the headers right?)';
    case 404:
      return ' (is the path of the endpoint right?)';
    default:
      return status < 400 ? ' (redirections are not followed)' : '';
  }
}
