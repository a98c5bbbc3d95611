import type { IncomingHttpHeaders } from 'node:http';

/** What a client accepts (RFC 9110, 12.5): the values of its request headers, as sent. */
export interface Accepts {
  readonly types: string | undefined;
  readonly encodings: string | undefined;
}

export function acceptsOf(headers: IncomingHttpHeaders): Accepts {
  const encodings = headers['accept-encoding'];
  return { types: headers.accept, encodings: Array.isArray(encodings) ? encodings.join(',') : encodings };
}

/** One item of an accept header. */
interface Accepted {
  /** Lower case, without parameters. */
  readonly value: string;
  /** Names in lower case; without `q`. */
  readonly parameters: ReadonlyMap<string, string>;
  /** From 0 (not accepted) to 1. */
  readonly quality: number;
}

/** The items of an accept header, highest quality first; items of equal quality stay in the client's order. */
export function acceptedItems(header: string | undefined): Accepted[] {
  const items = (header ?? '').split(',').map(itemOf);
  return items.filter(({ value }) => value !== '').sort((a, b) => b.quality - a.quality);
}

/** Whether a client that sent this Accept-Encoding header decodes gzip. Without the header, nothing is compressed. */
export function acceptsGzip(header: string | undefined): boolean {
  const items = acceptedItems(header);
  const item = items.find(({ value }) => value === 'gzip') ?? items.find(({ value }) => value === '*');
  return item !== undefined && item.quality > 0;
}

function itemOf(text: string): Accepted {
  const [value = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const at = parameter.indexOf('=');
    if (at === -1) continue;
    const name = parameter.slice(0, at).trim().toLowerCase();
    parameters.set(
      name,
      parameter
        .slice(at + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1'),
    );
  }
  const quality = Number(parameters.get('q') ?? '1');
  parameters.delete('q');
  // An item whose quality is not a number from 0 to 1 is not accepted.
  const isQuality = quality >= 0 && quality <= 1;
  return { value: value.toLowerCase(), parameters, quality: isQuality ? quality : 0 };
}
