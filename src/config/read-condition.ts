import type { Condition } from '../comparison/conditions.ts';
import { type Dimension, METRIC_NAMES, METRICS, type MetricName } from '../comparison/metrics.ts';
import { type Glob, parseGlob } from '../text/glob.ts';
import { inWords } from './format.ts';
import { suggestion } from './suggestion.ts';

/** A parse error, and its character index. */
export interface Misread {
  readonly problem: string;
  readonly at: number;
}

/** Factors to the metric's own unit. `%` of the previous value is accepted for all. */
const UNITS: Readonly<Record<Dimension, Readonly<Record<string, number>>>> = {
  percent: { pp: 1, cores: 100, core: 100 },
  seconds: { s: 1, ms: 0.001, m: 60, h: 3600 },
  bytes: { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 },
  bytesPerSecond: { 'B/s': 1, 'KiB/s': 2 ** 10, 'MiB/s': 2 ** 20, 'GiB/s': 2 ** 30 },
  count: { '': 1 },
  countPerSecond: { '/s': 1 },
};

/** Units as listed in messages. */
const OFFERED: Readonly<Record<Dimension, string>> = {
  percent: 'cores (+0.1cores) or pp, percent of one core (+10pp)',
  seconds: 'ms, s, m or h (+1.5s)',
  bytes: 'B, KiB, MiB, GiB or TiB (+64MiB)',
  bytesPerSecond: 'B/s, KiB/s, MiB/s or GiB/s (+1MiB/s)',
  count: 'none (+5)',
  countPerSecond: '/s (+5/s)',
};

/** The unit in which `writeCondition` writes values. */
const OWN_UNIT: Readonly<Record<Dimension, string>> = {
  percent: 'pp',
  seconds: 's',
  bytes: 'B',
  bytesPerSecond: 'B/s',
  count: '',
  countPerSecond: '/s',
};

const ENDS = { unit: 'unit', name: 'name' } as const;

/** Parses `[unit:NAME] [name:NAME] METRIC >|< [+|-]NUMBER[UNIT]`. */
export function readCondition(text: string): Condition | Misread {
  try {
    return new Reader(text).condition();
  } catch (error) {
    if (error instanceof MisreadError) return error.misread;
    throw error;
  }
}

/** The shortest text that `readCondition` parses to the same condition. */
export function writeCondition({ unit, name, metric, sense, threshold }: Condition): string {
  const { kind, value } = threshold;
  const sign = kind === 'level' || value < 0 || Object.is(value, -0) ? '' : '+';
  const number = Object.is(value, -0) ? '-0' : String(value);
  const written = kind === 'percent' ? '%' : OWN_UNIT[METRICS[metric].dimension];
  const scopes = [
    ...(unit === null ? [] : [`unit:${quoted(unit.text)} `]),
    ...(name === null ? [] : [`name:${quoted(name.text)} `]),
  ];
  return `${scopes.join('')}${metric}${sense}${sign}${number}${written}`;
}

function quoted(text: string): string {
  return /^[^\s"]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

class MisreadError extends Error {
  readonly misread: Misread;

  constructor(problem: string, at: number) {
    super(problem);
    this.misread = { problem, at };
  }
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  condition(): Condition {
    this.#spaces();
    const unit = this.#scope(ENDS.unit);
    const name = this.#scope(ENDS.name);
    const metric = this.#metric();
    this.#spaces();
    const sense = this.#sense();
    this.#spaces();
    const threshold = this.#threshold(metric);
    this.#spaces();
    if (this.#at < this.#text.length) throw this.#misread('nothing may follow the threshold');
    return { text: this.#text, unit, name, metric, sense, threshold };
  }

  #scope(key: string): Glob | null {
    if (!this.#text.startsWith(`${key}:`, this.#at)) return null;
    this.#at += key.length + 1;
    const start = this.#at;
    const text = this.#text[this.#at] === '"' ? this.#quoted() : this.#take(/[^\s"]*/y);
    if (text === '') throw this.#misread(`the name of a ${key}, or a pattern, is expected here`, start);
    const glob = parseGlob(text);
    if (glob === undefined) throw this.#misread('this pattern is invalid', start);
    if (this.#take(/\s+/y) === '') throw this.#misread('a space must follow the name');
    return glob;
  }

  #quoted(): string {
    const start = this.#at;
    const inside = this.#take(/"(?:[^"\\]|\\["\\])*"/y);
    if (inside === '') {
      const text = this.#text.slice(start);
      const bad = /^"(?:[^"\\]|\\["\\])*\\(?!["\\])./s.exec(text);
      if (bad !== null)
        throw this.#misread('in quotes, \\ must be followed by " or by \\', start + bad[0].length - 2);
      throw this.#misread('this quote is not closed', start);
    }
    return inside.slice(1, -1).replaceAll(/\\(["\\])/g, '$1');
  }

  #metric(): MetricName {
    const start = this.#at;
    const word = this.#take(/[A-Za-z0-9_.]+/y);
    if (Object.hasOwn(METRICS, word)) return word as MetricName;
    if ((word === ENDS.unit || word === ENDS.name) && this.#text[this.#at] === ':')
      throw this.#misread('unit: comes before name:, each once', start);
    const near = word === '' ? undefined : suggestion(word, METRIC_NAMES);
    if (near !== undefined) throw this.#misread(`unknown metric; did you mean ${near}?`, start);
    throw this.#misread(`a metric is expected here: ${inWords(METRIC_NAMES)}`, start);
  }

  #sense(): '>' | '<' {
    const sign = this.#take(/[<>]/y);
    if (sign === '') throw this.#misread('> or < is expected here');
    return sign as '>' | '<';
  }

  #threshold(metric: MetricName): Condition['threshold'] {
    const kind = METRICS[metric].dimension;
    if (this.#text[this.#at] === '=') throw this.#misread('use > or < without =');
    const start = this.#at;
    const sign = this.#take(/[+-]/y);
    const digits = this.#take(/[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,3})?/y);
    if (digits === '') throw this.#misread('a number is expected here, such as +10%');
    const amount = Number(`${sign}${digits}`);
    if (!Number.isFinite(amount)) throw this.#misread('this number is too large', start);
    const unitAt = this.#at;
    const unit = this.#take(/[^\s]*/y);
    if (unit === '%') {
      if (sign !== '') return { kind: 'percent', value: amount };
      throw this.#misread(`a percentage refers to the value before, and needs a sign: +${digits}%`, start);
    }
    const scale = Object.hasOwn(UNITS[kind], unit) ? UNITS[kind][unit]! : undefined;
    if (scale === undefined && !(unit === '' && amount === 0)) {
      const takes = `its unit must be ${OFFERED[kind]}; or % with a sign (+10%)`;
      throw this.#misread(`${metric} needs another threshold: ${takes}`, unitAt);
    }
    const value = amount * (scale ?? 1);
    if (!Number.isFinite(value)) throw this.#misread('this number is too large', start);
    return { kind: sign === '' ? 'level' : 'difference', value };
  }

  #spaces(): void {
    this.#take(/\s*/y);
  }

  /** Consumes and returns the text that matches here, possibly none. */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [''];
    this.#at += found.length;
    return found;
  }

  #misread(problem: string, at = this.#at): MisreadError {
    return new MisreadError(problem, at);
  }
}
