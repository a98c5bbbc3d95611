import { choice } from './format.ts';
import { single } from './option.ts';

/** Values of `--format`. */
const FINDINGS_FORMATS = ['table', 'json', 'markdown', 'html'] as const;
export type FindingsFormat = (typeof FINDINGS_FORMATS)[number];

/** Options of output formats. */
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
