/** One field of a protobuf message: its number, and the value of a varint or the bytes of a length-delimited field. */
export interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/** One field with its bytes in the message. */
interface RawField {
  readonly number: number;
  /** Null for one of fixed width. */
  readonly value: number | Uint8Array | null;
  /** With its tag. */
  readonly raw: Uint8Array;
}

/**
 * The varint and length-delimited fields of a message. `isWhole` is false for bytes that are not a message to their end:
 * the fields up to there are returned.
 */
export function fieldsOf(message: Uint8Array): {
  readonly fields: readonly Field[];
  readonly isWhole: boolean;
} {
  const { fields, isWhole } = rawFieldsOf(message);
  return { fields: fields.filter((field): field is RawField & Field => field.value !== null), isWhole };
}

/** The same with all fields, each with its bytes. */
export function rawFieldsOf(message: Uint8Array): {
  readonly fields: readonly RawField[];
  readonly isWhole: boolean;
} {
  const fields: RawField[] = [];
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
    const start = at;
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (!(number >= 1)) return { fields, isWhole: false };
    let value: RawField['value'] = null;
    switch (tag % 8) {
      case 0:
        value = varint();
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (!(at + length <= message.length)) return { fields, isWhole: false };
        value = message.subarray(at, at + length);
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        return { fields, isWhole: false };
    }
    fields.push({ number, value, raw: message.subarray(start, at) });
    if (Number.isNaN(value)) return { fields, isWhole: false };
  }
  return { fields, isWhole: at === message.length };
}
