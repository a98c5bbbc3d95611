import { choice } from './format.ts';
import { single } from './option.ts';

/** What `--format` accepts. */
const FINDINGS_FORMATS = ['table', 'json', 'markdown', 'html'] as const;
export type FindingsFormat = (typeof FINDINGS_FORMATS)[number];

/** How a command tells what it found. */
export const FINDINGS_OPTIONS = [
  single({
    name: 'format',
    metavariable: 'FORMAT',
    format: choice(FINDINGS_FORMATS),
    default: 'table',
    group: 'General',
    commands: ['doctor', 'compare'],
    help: 'Output format: table or json; for compare also markdown or html.',
  }),
] as const;
