/** No collector is waited for longer than this, as with `Retry-After`. */
const LONGEST_SECONDS = 3600;
const RETRY_INFO = 'google.rpc.RetryInfo';

/** One field of a protobuf message: its number, and a varint's value or the bytes of a length-delimited one. */
interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

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
  return fieldsOf(message).flatMap(({ number: own, value }) =>
    own === number && typeof value !== 'number' ? [value] : [],
  );
}

function numberIn(message: Uint8Array, number: number): number {
  const field = fieldsOf(message).find(
    ({ number: own, value }) => own === number && typeof value === 'number',
  );
  return (field?.value as number | undefined) ?? 0;
}

/** What can be read of a message; the rest of one that is cut short is left out. */
function fieldsOf(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < message.length; factor *= 128) {
      const byte = message[at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        fields.push({ number, value: varint() });
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (!(at + length <= message.length)) return fields;
        fields.push({ number, value: message.subarray(at, at + length) });
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        return fields;
    }
  }
  return fields;
}
