import { closeSync, type Stats, statSync } from 'node:fs';
import { compareRuns } from '../comparison/compare-runs.ts';
import type { ComparedRun } from '../comparison/compared-run.ts';
import { type Judgement, judge } from '../comparison/conditions.ts';
import { readRunDocument } from '../comparison/document-reader.ts';
import { RunFileError } from '../comparison/run-file-error.ts';
import { comparedDocument } from '../comparison/run-sums.ts';
import { renameUnits } from '../comparison/unit-pairs.ts';
import type { CompareConfig } from '../config/commands/compare.ts';
import { ConfigError, shown } from '../config/config-error.ts';
import { EXIT } from '../config/exit-codes.ts';
import { isOwnDescriptor } from '../host/files/kind.ts';
import { openToRead, readOn } from '../host/files/read.ts';
import { isRecordingStart } from '../recording/chunk.ts';
import { RecordedRun } from '../recording/recorded-run.ts';
import { ReplayedRun } from '../recording/replayed-run.ts';
import type { Log } from '../text/log.ts';
import { printable } from '../text/printable.ts';
import { renderComparison } from '../views/comparison/render-comparison.ts';
import { findingSentence, judgementSentence } from '../views/comparison/sentences.ts';
import type { CommandContext } from './command-context.ts';
import { writeFile, written } from './files/output.ts';
import { whyUnreadable } from './files/read-recording.ts';

/** Compares runs and prints the comparison. Resolves to the exit code. Throws ConfigError if a file holds no run, and OutputError. */
export async function compare(config: CompareConfig, context: CommandContext): Promise<number> {
  const { log, standardOutput, environment } = context;
  for (const warning of config.warnings) log.warn({}, warning);
  const [before, after] = readSides(config);
  const comparison = compareRuns(before, after, config.confidencePercent / 100);
  const judgements = config.conditions.map((condition) => judge(condition, comparison));

  const toTerminal = standardOutput.isTTY === true && config.output === undefined;
  const text = renderComparison(comparison, judgements, config.format, {
    hasColours: toTerminal && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb',
  });
  if (config.output === undefined) await written(standardOutput, text);
  else writeFile('--output', config.output, text, config.fileMode);

  // The table on standard output, and any format on a terminal, already shows the findings.
  const isShown = config.output === undefined && (config.format === 'table' || toTerminal);
  if (!isShown) logJudgements(judgements, log);
  return exitCodeOf(judgements);
}

function logJudgements(judgements: readonly Judgement[], log: Log): void {
  for (const judgement of judgements) {
    for (const finding of judgement.findings) {
      const sentence = findingSentence(judgement.condition, finding, printable);
      if (finding.outcome === 'regression') log.error({}, sentence);
      else log.warn({}, sentence);
    }
    if (judgement.judged === 0) log.error({}, judgementSentence(judgement, printable));
  }
}

/** A condition that cannot be evaluated guards nothing, and must not look like success. */
function exitCodeOf(judgements: readonly Judgement[]): number {
  const finds = judgements.some(({ findings }) => findings.some(({ outcome }) => outcome === 'regression'));
  if (finds) return EXIT.REGRESSION;
  return judgements.some(({ judged }) => judged === 0) ? EXIT.BAD_INPUT : EXIT.DONE;
}

function readSides(config: CompareConfig): readonly [readonly ComparedRun[], readonly ComparedRun[]] {
  refuseTwins(config.before);
  refuseTwins(config.after);
  const before = config.before.map(readRun);
  const after = config.after.map(readRun);
  const renamed = renameUnits(before, after, config.unitPairs);
  if (!('pair' in renamed)) return [renamed, after];
  throw new ConfigError(
    `--unit-map "${shown(renamed.pair)}" must name a unit of the runs before (${unitsOf(before)}) and one of the runs after (${unitsOf(after)})`,
    { option: '--unit-map', value: renamed.pair, accepted: 'BEFORE=AFTER' },
  );
}

function unitsOf(runs: readonly ComparedRun[]): string {
  const names = [...new Set(runs.flatMap(({ units }) => [...units.keys()]))];
  const named = names.slice(0, 5).map(shown).join(', ');
  return names.length > 5 ? `${named}, ${names.length - 5} more` : named || 'none';
}

/** A run that is counted twice would make intervals too narrow. */
function refuseTwins(files: readonly string[]): void {
  const seen = new Set<string>();
  for (const file of files) {
    const stats = statsOf(file);
    if (stats?.isFile() !== true) continue;
    const key = `${stats.dev}:${stats.ino}`;
    if (seen.has(key))
      throw new ConfigError(`${printable(file)} is named twice on one side: name each run once`, {
        option: 'FILE',
        value: file,
        accepted: 'each run once',
      });
    seen.add(key);
  }
}

/** Undefined if there are none: reading the file reports the reason. */
function statsOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}

/** Bytes of a run document that are read at a time. */
const PIECE_BYTES = 256 * 1024;

/** Reads a run from a recording or a run document. Throws ConfigError, one sentence that names the file. */
function readRun(file: string): ComparedRun {
  try {
    return read(file);
  } catch (error) {
    const why = whyUnreadable(error);
    if (why === null) throw error;
    throw new ConfigError(
      `${printable(file)} cannot be compared: ${why}`,
      {
        option: 'FILE',
        value: file,
        accepted: 'a recording (--record FILE) or a run document (--summary json)',
      },
      error,
    );
  }
}

function read(file: string): ComparedRun {
  const descriptor = openToRead(file);
  try {
    const pieces = piecesOf(descriptor);
    const first = pieces.next();
    if (first.done === true) throw new RunFileError('it is empty');
    if (!isRecordingStart(first.value)) return readRunDocument(file, withFirst(first.value, pieces));
  } finally {
    closeSync(descriptor);
  }
  if (isOwnDescriptor(file)) throw new RunFileError('a recording must be a file, not a pipe');
  return readRecording(file);
}

/** Each chunk is valid until the next one. */
function* piecesOf(descriptor: number): Generator<Buffer> {
  const buffer = Buffer.alloc(PIECE_BYTES);
  for (;;) {
    const length = readOn(descriptor, buffer);
    if (length === 0) return;
    yield buffer.subarray(0, length);
  }
}

function* withFirst(first: Buffer, rest: Iterable<Buffer>): Generator<Buffer> {
  yield first;
  yield* rest;
}

function readRecording(file: string): ComparedRun {
  const run = RecordedRun.open(file);
  const replayed = new ReplayedRun(run);
  for (const _ of replayed.ticks());
  return comparedDocument(file, replayed.document(), run.completeness.missing);
}
