import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createDeflateRaw } from 'node:zlib';
import { chunksOf } from '../../text/chunks.ts';
import { jsonParts } from '../../text/json-parts.ts';
import type { PageModel } from './model/page-model.ts';

/** A model, and its packed form in a report. */
export interface PackedModel {
  readonly model: PageModel;
  /** JSON, DEFLATE without a header (RFC 1951), base 64. */
  readonly packed: string;
}

/** Depth of the series of one name: list of units, unit, series, list of others. */
const SERIES_DEPTH = 5;

/** Packs a model while it is made: the JSON of a run with many series takes far more memory than its packed form. */
export async function packModel(model: PageModel): Promise<PackedModel> {
  const deflate = createDeflateRaw({ level: 9 });
  const text = Readable.from(chunksOf(jsonParts(model, SERIES_DEPTH)));
  const [packed] = await Promise.all([buffer(deflate), pipeline(text, deflate)]);
  return { model, packed: packed.toString('base64') };
}
