import { SWITCH, wholeNumber } from './format.ts';
import { type Option, single } from './option.ts';

/** Options of traces. */
export const TRACES_OPTIONS = [
  single({
    name: 'traces',
    brief: 'Send every process as a span, by OTLP',
    format: SWITCH,
    default: false,
    group: 'Export',
    commands: ['track', 'doctor', 'replay'],
    help: 'Send every process as a span of a trace over OTLP (docs/traces.md).',
  }),
  single({
    name: 'trace-spans',
    metavariable: 'N',
    format: wholeNumber(10, 1_000_000),
    default: 10_000,
    group: 'Export',
    commands: ['track', 'doctor', 'replay'],
    help: 'Limit of spans per minute, or in total for a COMMAND; beyond it, siblings are folded by name.',
  }),
] as const satisfies readonly Option[];
