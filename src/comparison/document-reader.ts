import { printable } from '../text/printable.ts';
import type { ComparedRun } from './compared-run.ts';
import { amountIn, listIn, partOf, timeIn } from './document-fields.ts';
import { RowCutter } from './row-cutter.ts';
import { RunFileError } from './run-file-error.ts';
import { addRow, type CutRows, comparedRun, summedUnit } from './run-sums.ts';
import { UnitSums } from './unit-sums.ts';

const SCHEMA = 'unitledger.run/';
const VERSION = '1';
const LONGEST_SCHEMA = 60;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/**
 * Reads a run document (`--summary json`) in pieces. Rows are summed as they are read, and only fields
 * that are compared are checked. Throws RunFileError if it is no run document.
 */
export function readRunDocument(file: string, pieces: Iterable<Buffer>): ComparedRun {
  const cut = new Map<number, CutRows>();
  let badRow: unknown;
  const cutter = new RowCutter((json, unitIndex) => {
    try {
      takeRow(cut, json, unitIndex);
    } catch (error) {
      // Rows of another version look different; the rest of the document has the version.
      badRow ??= error;
    }
  });
  for (const piece of begun(pieces)) {
    cutter.push(piece);
    if (cutter.hasMore) break;
  }
  if (!cutter.isDone) throw new RunFileError('it is cut off: it ends in the middle of a JSON document');
  const document = partOf(parsed(cutter.rest()), '');
  checkSchema(document.fields.schema);
  if (badRow !== undefined) throw badRow;
  if (cutter.hasMore) throw new RunFileError('it has more data after the run document');
  const units = listIn(document, 'units').map((unit, index) =>
    summedUnit(partOf(unit, `units[${index}]`), cut.get(index)),
  );
  const head = {
    startedAt: timeIn(document, 'startedAt'),
    endedAt: timeIn(document, 'endedAt'),
    intervalSeconds: amountIn(document, 'intervalSeconds'),
    samples: amountIn(document, 'samples'),
    missedSamples: amountIn(document, 'missedSamples'),
    stretchedSamples: amountIn(document, 'stretchedSamples'),
    hasExitRecords: document.fields.exitRecords !== null,
    isCommandCut: isCommandCut(document.fields.command),
  };
  return comparedRun(file, head, units, []);
}

/** Documents of earlier versions have no command. */
function isCommandCut(command: unknown): boolean {
  return (
    typeof command === 'object' && command !== null && 'exitCode' in command && command.exitCode === null
  );
}

/** The pieces without a byte order mark. Throws RunFileError if they do not start like a JSON object. */
function* begun(pieces: Iterable<Buffer>): Generator<Buffer> {
  let start = Buffer.alloc(0);
  let isBegun = false;
  for (const piece of pieces) {
    if (isBegun) {
      yield piece;
      continue;
    }
    start = Buffer.concat([start, piece]);
    // A pipe may deliver it byte by byte.
    if (start.length < BYTE_ORDER_MARK.length) continue;
    isBegun = true;
    yield withoutMark(start);
  }
  if (start.length === 0) throw new RunFileError('it is empty');
  if (!isBegun) yield withoutMark(start);
}

function withoutMark(start: Buffer): Buffer {
  const isMarked = BYTE_ORDER_MARK.equals(start.subarray(0, BYTE_ORDER_MARK.length));
  const text = isMarked ? start.subarray(BYTE_ORDER_MARK.length) : start;
  if (!/^[ \t\r\n]*(?:\{|$)/.test(text.toString('latin1', 0, 1024)))
    throw new RunFileError('it is neither a recording nor a run document (--summary json)');
  return text;
}

function takeRow(cut: Map<number, CutRows>, json: string, unitIndex: number): void {
  let rows = cut.get(unitIndex);
  if (rows === undefined) {
    rows = { sums: new UnitSums(), count: 0 };
    cut.set(unitIndex, rows);
  }
  const part = partOf(parsed(json), `units[${unitIndex}], row ${rows.count}`);
  rows.count++;
  addRow(rows.sums, part);
}

function checkSchema(schema: unknown): void {
  if (schema === SCHEMA + VERSION) return;
  if (typeof schema !== 'string')
    throw new RunFileError('it is JSON, but no run document (--summary json): it has no schema');
  const version = schema.startsWith(SCHEMA) ? schema.slice(SCHEMA.length) : '';
  const name = printable(schema.slice(0, LONGEST_SCHEMA));
  throw new RunFileError(
    /^[0-9]{1,9}$/.test(version)
      ? `it is a run document of version ${version}, and this version of unitledger reads version ${VERSION}`
      : `it is JSON of the schema "${name}", and no run document (${SCHEMA}${VERSION})`,
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // V8's message quotes the text, which is hostile and long.
    throw new RunFileError('it is not well-formed JSON');
  }
}
