import { SUMMARY_COLUMNS } from '../views/summary/summary-columns.ts';
import { LOG_SUMMARIES, REPLAY_TARGETS, SUMMARY_FORMATS } from './config.ts';
import { choice, type Format, inRange, numberFormat, PATH, wholeNumber } from './format.ts';
import { LISTEN_ADDRESS } from './listen-address.ts';
import { optional, several, single } from './option.ts';
import { byteSize } from './size.ts';
import { SUMMARY_SORT } from './summary-choice.ts';

const MOST = 1_000_000;

const ALL = 'all';

/** Number of process rows: an integer, or `all` (a million). */
const SUMMARY_ROWS: Format<number> = {
  ...numberFormat(`all, or a whole number from 0 to ${MOST}`, (given) => {
    if (given.toLowerCase() === ALL) return MOST;
    return /^(?:0|[1-9][0-9]*)$/.test(given) ? inRange(Number(given), 0, MOST) : Number.NaN;
  }),
  schema: { pattern: '^(all|0|[1-9][0-9]*)$', minimum: 0, maximum: MOST },
  write: (rows) => (rows === MOST ? ALL : String(rows)),
};

const ACCEPTED = 'permissions in octal digits from 0000 to 0777, such as 0640';

/** Mode of a file in octal digits, as for chmod(1). A string in files, because YAML would read 0640 as an integer. */
const FILE_MODE: Format<number> = {
  accepted: ACCEPTED,
  holds: 'number',
  fileTypes: ['string'],
  schema: { pattern: '^0?[0-7]{3}$' },
  read(text) {
    return /^0?[0-7]{3}$/.test(text)
      ? { kind: 'value', value: Number.parseInt(text, 8) }
      : { kind: 'must', must: ACCEPTED };
  },
  write: (mode) => mode.toString(8).padStart(4, '0'),
};

/** Options of the summary. */
export const SUMMARY_OPTIONS = [
  single({
    name: 'summary',
    brief: 'table, json, csv, markdown or none',
    metavariable: 'FORMAT',
    format: choice(SUMMARY_FORMATS),
    default: 'table',
    group: 'Summary',
    commands: ['track', 'replay'],
    help: 'Format of the summary at the end: table, json, csv, markdown or none.',
  }),
  optional({
    name: 'summary-file',
    brief: 'Write the summary to a file',
    metavariable: 'FILE',
    format: PATH,
    group: 'Summary',
    commands: ['track', 'replay'],
    help: 'Write the summary to this file instead of standard output.',
  }),
  several({
    name: 'summary-columns',
    many: 'listed',
    metavariable: 'LIST',
    format: choice([...SUMMARY_COLUMNS, 'default']),
    default: ['default'],
    group: 'Summary',
    commands: ['track', 'replay'],
    help: 'Process columns of table, csv and markdown, comma-separated, in this order (docs/run-document.md). default expands to the standard columns.',
  }),
  several({
    name: 'summary-sort',
    many: 'listed',
    metavariable: 'LIST',
    format: SUMMARY_SORT,
    default: ['cpu-sum'],
    group: 'Summary',
    commands: ['track', 'replay'],
    help: 'Columns to sort processes by, comma-separated: memory.max,name:desc. Unset: by CPU; csv keeps the order of the run document.',
  }),
  optional({
    name: 'summary-rows',
    brief: 'Process rows of a unit (15)',
    metavariable: 'N|all',
    format: SUMMARY_ROWS,
    group: 'Summary',
    commands: ['track', 'replay', 'report'],
    help: 'Limit of process rows per unit: in the table, of all processes (unset: 15); in other formats, of exited ones (unset: 10,000 in all; more are summed).',
  }),
  optional({
    name: 'log-summary',
    metavariable: 'WHAT',
    format: choice(LOG_SUMMARIES),
    group: 'Summary',
    help: 'Log the summary at the end: units, processes (also a line per process), or none. Unset: none on a terminal, otherwise units.',
  }),
] as const;

/** Options of the report. */
export const REPORT_OPTIONS = [
  optional({
    name: 'report',
    brief: 'Write the run as one HTML page',
    metavariable: 'FILE',
    format: PATH,
    group: 'Summary',
    commands: ['track', 'report'],
    help: 'Write a report of the run to this file: one self-contained HTML page.',
  }),
  optional({
    name: 'web',
    brief: 'Serve a live page',
    metavariable: '[ADDRESS]',
    format: LISTEN_ADDRESS,
    bare: '127.0.0.1:9465',
    group: 'Summary',
    help: 'Serve a live page of the run on loopback at PORT (default 9465), or at HOST:PORT.',
  }),
] as const;

/** Options of recordings. */
export const RECORDING_OPTIONS = [
  optional({
    name: 'record',
    brief: 'Record the run, for replay, report and compare',
    metavariable: 'FILE',
    format: PATH,
    group: 'Recording',
    help: 'Record every sample in this file, for unitledger replay. An existing recording becomes FILE.1.',
  }),
  single({
    name: 'record-size',
    metavariable: 'SIZE',
    format: byteSize(1024 * 1024),
    default: 256 * 1024 * 1024,
    group: 'Recording',
    help: 'Start a new file when a recording reaches this size.',
  }),
  single({
    name: 'record-files',
    metavariable: 'N',
    format: wholeNumber(1, 1000),
    default: 4,
    group: 'Recording',
    help: 'Recording files to keep: FILE, FILE.1, …; the oldest is deleted.',
  }),
] as const;

/** Options of output files. */
export const FILE_OPTIONS = [
  optional({
    name: 'file-mode',
    metavariable: 'MODE',
    format: FILE_MODE,
    group: 'General',
    commands: ['track', 'replay', 'report', 'compare'],
    help: 'Permissions of summary, report, recording and comparison files, in octal. Unset: replaced files keep theirs, new files get 0600.',
  }),
] as const;

/** Options of replays. */
export const REPLAY_OPTIONS = [
  single({
    name: 'to',
    metavariable: 'WHAT',
    format: choice(REPLAY_TARGETS),
    default: 'summary',
    group: 'Recording',
    commands: ['replay'],
    help: 'Output: summary, csv or jsonl (rows of every sample), otlpjson (metrics as lines of JSON), or otlp (metrics to a collector).',
  }),
] as const;
