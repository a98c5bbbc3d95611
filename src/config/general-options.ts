import { choice, inWords, PATH } from './format.ts';
import { type Option, optional, request, single } from './option.ts';
import { LOG_LEVEL, STANDARD_LOG_LEVEL } from './standard-formats.ts';

/** Options for the location of the host, and options of all commands. */
export const GENERAL_OPTIONS = [
  single({
    name: 'proc-root',
    metavariable: 'DIR',
    format: PATH,
    default: '/proc',
    group: 'Host',
    commands: ['track', 'doctor'],
    help: "Mount point of the host's /proc.",
  }),
  single({
    name: 'cgroup-root',
    metavariable: 'DIR',
    format: PATH,
    default: '/sys/fs/cgroup',
    group: 'Host',
    commands: ['track', 'doctor'],
    help: "Mount point of the host's cgroup tree.",
  }),
  optional({
    name: 'config',
    brief: 'Read options from a YAML or JSON file',
    metavariable: 'FILE',
    format: PATH,
    group: 'General',
    commands: 'all',
    help: 'Read options from this YAML or JSON file.',
  }),
  single({
    name: 'log-level',
    metavariable: 'LEVEL',
    format: LOG_LEVEL,
    default: 'info',
    standard: [{ variable: 'OTEL_LOG_LEVEL', format: STANDARD_LOG_LEVEL }],
    group: 'General',
    commands: 'all',
    help: 'Log level on standard error: none, error, warn, info or debug.',
  }),
  request({
    name: 'help',
    brief: 'Show this help; --help all shows every option',
    short: 'h',
    group: 'General',
    commands: 'all',
    help: 'Show the help of a command. unitledger --help shows the most used options, unitledger --help all shows every option.',
  }),
  request({
    name: 'version',
    brief: 'Show the version',
    short: 'V',
    group: 'General',
    commands: 'all',
    help: 'Show the version.',
  }),
] as const satisfies readonly Option[];

/** Values of `--format` of doctor. */
export const DOCTOR_FORMATS = ['table', 'json'] as const;
export type DoctorFormat = (typeof DOCTOR_FORMATS)[number];
/** Other values of `--format` of compare. */
const OTHER_COMPARE_FORMATS = ['markdown', 'html'] as const;
export type CompareFormat = DoctorFormat | (typeof OTHER_COMPARE_FORMATS)[number];

/** Options of output formats. */
export const FINDINGS_OPTIONS = [
  single({
    name: 'format',
    metavariable: 'FORMAT',
    format: choice([...DOCTOR_FORMATS, ...OTHER_COMPARE_FORMATS], {
      accepted: `${inWords(DOCTOR_FORMATS)}, for compare also ${inWords(OTHER_COMPARE_FORMATS)}`,
    }),
    default: 'table',
    group: 'General',
    commands: ['doctor', 'compare'],
    help: `Output format: ${inWords(DOCTOR_FORMATS)}; for compare also ${inWords(OTHER_COMPARE_FORMATS)}.`,
  }),
] as const;
