import { SUMMARY_COLUMNS } from '../views/summary/summary-columns.ts';
import { byteSize } from './byte-size.ts';
import { LOG_SUMMARIES, REPLAY_TARGETS, SUMMARY_FORMATS } from './config.ts';
import { choice, type Format, PATH, wholeNumber } from './format.ts';
import { LISTEN_ADDRESS } from './listen-address.ts';
import { optional, several, single } from './option.ts';
import { SUMMARY_SORT } from './summary-choice.ts';

const MOST = 1_000_000;

const ALL = 'all';

/** How many process rows: a whole number, or `all` (a million). */
const SUMMARY_ROWS: Format<number> = {
  accepted: `all, or a whole number from 0 to ${MOST}`,
  holds: 'number',
  fileTypes: ['number', 'string'],
  schema: { pattern: '^(all|0|[1-9][0-9]*)$', minimum: 0, maximum: MOST },
  read(text) {
    if (text.toLowerCase() === ALL) return { kind: 'value', value: MOST };
    const rows = /^(?:0|[1-9][0-9]*)$/.test(text) ? Number(text) : Number.NaN;
    return rows <= MOST ? { kind: 'value', value: rows } : { kind: 'must', must: this.accepted };
  },
  write: (rows) => (rows === MOST ? ALL : String(rows)),
};

const ACCEPTED = 'permissions in octal digits from 0000 to 0777, such as 0640';

/** Permissions of a file, as chmod(1) takes them in digits. In a file they are text: YAML reads 0640 as six hundred and forty. */
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

/** How a run is summed up. */
export const SUMMARY_OPTIONS = [
  single({
    name: 'summary',
    brief: 'table, json, csv, markdown or none',
    metavariable: 'FORMAT',
    format: choice(SUMMARY_FORMATS),
    default: 'table',
    group: 'Summary',
    commands: ['track', 'replay'],
    help: 'How the summary is written at the end: table, json, csv, markdown or none.',
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
    help: 'Columns of the processes in the table, csv and markdown, several with a comma between them, in this order; default stands for those without a choice. docs/run-document.md lists them.',
  }),
  several({
    name: 'summary-sort',
    many: 'listed',
    metavariable: 'LIST',
    format: SUMMARY_SORT,
    default: ['cpu-sum'],
    group: 'Summary',
    commands: ['track', 'replay'],
    help: 'What the processes are sorted by: columns, several with a comma between them, such as memory.max or name:desc. The csv is as it comes unless this is given.',
  }),
  optional({
    name: 'summary-rows',
    brief: 'Process rows of a unit (15)',
    metavariable: 'N|all',
    format: SUMMARY_ROWS,
    group: 'Summary',
    commands: ['track', 'replay', 'report'],
    help: 'Process rows of a unit in the table (unset: 15), and exited processes that keep a row in any format (unset: 10,000); the rest are added up by name.',
  }),
  optional({
    name: 'log-summary',
    metavariable: 'WHAT',
    format: choice(LOG_SUMMARIES),
    group: 'Summary',
    help: 'Summary in the log at the end: a line a unit (units, the default where standard error is no terminal), a line a process as well (processes), or none.',
  }),
] as const;

/** The page of a run. */
export const REPORT_OPTIONS = [
  optional({
    name: 'report',
    brief: 'Write the run as one HTML page',
    metavariable: 'FILE',
    format: PATH,
    group: 'Summary',
    commands: ['track', 'report'],
    help: 'Write a report of the run to this file: one HTML page that needs nothing else.',
  }),
  optional({
    name: 'web',
    brief: 'Serve a live page',
    metavariable: '[ADDRESS]',
    format: LISTEN_ADDRESS,
    bare: '127.0.0.1:9465',
    group: 'Summary',
    help: 'Show the run as a page while it goes on, at PORT of this machine alone (9465 if none is named), or at HOST:PORT.',
  }),
] as const;

/** How a run is recorded. */
export const RECORDING_OPTIONS = [
  optional({
    name: 'record',
    brief: 'Record the run, for replay, report and compare',
    metavariable: 'FILE',
    format: PATH,
    group: 'Recording',
    help: 'Record every sample in this file, for unitledger replay. What stands there becomes FILE.1.',
  }),
  single({
    name: 'record-size',
    metavariable: 'SIZE',
    format: byteSize(1024 * 1024),
    default: 256 * 1024 * 1024,
    group: 'Recording',
    help: 'A recording that has grown to this goes on in a new file.',
  }),
  single({
    name: 'record-files',
    metavariable: 'N',
    format: wholeNumber(1, 1000),
    default: 4,
    group: 'Recording',
    help: 'Files of recordings that are kept: FILE, FILE.1, …; then the oldest goes.',
  }),
] as const;

/** Files that are written. */
export const FILE_OPTIONS = [
  optional({
    name: 'file-mode',
    metavariable: 'MODE',
    format: FILE_MODE,
    group: 'General',
    commands: ['track', 'replay', 'report', 'compare'],
    help: 'Permissions of summary, report, recording and comparison files, in octal. If not set, a replaced file keeps its own, and a new one gets 0600.',
  }),
] as const;

/** What becomes of a recording. */
export const REPLAY_OPTIONS = [
  single({
    name: 'to',
    metavariable: 'WHAT',
    format: choice(REPLAY_TARGETS),
    default: 'summary',
    group: 'Recording',
    commands: ['replay'],
    help: "What becomes of the recording: its summary; otlpjson: its metrics on standard output, a line a window, for a collector's otlpjsonfile receiver; otlp: its metrics to a collector, at the times they were of; csv or jsonl: a row of every unit and process for each sample, on standard output.",
  }),
] as const;
