import { EXPORTERS } from '../telemetry/choices.ts';
import { LOG_LEVELS } from './config.ts';
import { choice, type Format, inRange, numberFormat } from './format.ts';

/** Export destinations, by our own names. */
export const EXPORTER = choice(EXPORTERS);
/** `logging` is a former name of `console` in the specification. */
export const STANDARD_EXPORTER = choice(EXPORTERS, { synonyms: { logging: 'console' } });

/** Log levels, by our own names. */
export const LOG_LEVEL = choice(LOG_LEVELS);
/** Additional names in OpenTelemetry SDKs. */
export const STANDARD_LOG_LEVEL = choice(LOG_LEVELS, {
  synonyms: {
    off: 'none',
    fatal: 'error',
    warning: 'warn',
    trace: 'debug',
    verbose: 'debug',
    all: 'debug',
  },
});

/** Booleans of the specification: only `true` is true, everything else is false. */
export const SDK_DISABLED: Format<'otlp' | 'console' | 'none'> = {
  accepted: 'true (nothing is exported) or false',
  holds: 'string',
  fileTypes: [],
  read(text) {
    const lower = text.toLowerCase();
    if (lower === 'true') return { kind: 'value', value: 'none' };
    return lower === 'false'
      ? { kind: 'unset' }
      : { kind: 'unset', warning: 'is neither true nor false; false is used' };
  },
  write: () => 'true',
};

const PERCENT = /^([0-9]+(?:\.[0-9]+)?|\.[0-9]+)%?$/;
const LEAST = 0.1;
const MOST = 100;

/** Percent of one core, from 0.1 to 100, with or without a percent sign: `2.5`, `2.5%`. */
export const PERCENT_OF_CORE: Format<number> = {
  ...numberFormat(`a percentage of one core from ${LEAST} to ${MOST}`, (given) =>
    inRange(Number(PERCENT.exec(given)?.[1] ?? Number.NaN), LEAST, MOST),
  ),
  schema: { pattern: '^([0-9]+(\\.[0-9]+)?|\\.[0-9]+)%?$', minimum: LEAST, maximum: MOST },
};
