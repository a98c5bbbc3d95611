import { choice } from './format.ts';
import { single } from './option.ts';

/** What `--format` accepts. */
const REPORT_FORMATS = ['table', 'json'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** How the doctor tells what it found. */
export const DOCTOR_OPTIONS = [
  single({
    name: 'format',
    metavariable: 'FORMAT',
    format: choice(REPORT_FORMATS),
    default: 'table',
    group: 'General',
    commands: ['doctor'],
    help: 'How what was found is told: table or json.',
  }),
] as const;
