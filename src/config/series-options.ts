import { wholeNumber } from './format.ts';
import { type Option, single } from './option.ts';

/** What has metric series of its own, and what they say. */
export const SERIES_OPTIONS = [
  single({
    name: 'process-series',
    metavariable: 'N',
    format: wholeNumber(0, 100_000),
    default: 20,
    group: 'Metric series',
    commands: ['track', 'replay'],
    help: 'Processes of each unit that have metric series of their own: those that use most; the others have one, named other. 0: no series of processes.',
  }),
  single({
    name: 'series-budget',
    metavariable: 'N',
    format: wholeNumber(200, 10_000_000),
    default: 20_000,
    group: 'Metric series',
    help: 'Metric series of the whole program, at most. Beyond it processes, executable names, devices and units of patterns are folded into others.',
  }),
] as const satisfies readonly Option[];
