import { fieldsOf } from './protobuf-fields.ts';

/** No collector is waited for longer than this, as with `Retry-After`. */
const LONGEST_SECONDS = 3600;
const RETRY_INFO = 'google.rpc.RetryInfo';

/**
 * Seconds to wait by the `RetryInfo` among the details of a `google.rpc.Status` (google/rpc/status.proto,
 * error_details.proto). Null where there is none, or where it cannot be understood.
 */
export function retryDelaySeconds(status: Uint8Array): number | null {
  for (const detail of messagesIn(status, 3)) {
    const [type] = messagesIn(detail, 1);
    const [retryInfo] = messagesIn(detail, 2);
    if (type === undefined || retryInfo === undefined) continue;
    if (new TextDecoder().decode(type).split('/').at(-1) !== RETRY_INFO) continue;
    const [delay] = messagesIn(retryInfo, 1);
    if (delay === undefined) return null;
    const seconds = numberIn(delay, 1) + numberIn(delay, 2) / 1e9;
    return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 0), LONGEST_SECONDS);
  }
  return null;
}

function messagesIn(message: Uint8Array, number: number): Uint8Array[] {
  return fieldsOf(message).fields.flatMap(({ number: own, value }) =>
    own === number && typeof value !== 'number' ? [value] : [],
  );
}

function numberIn(message: Uint8Array, number: number): number {
  const field = fieldsOf(message).fields.find(
    ({ number: own, value }) => own === number && typeof value === 'number',
  );
  return (field?.value as number | undefined) ?? 0;
}
