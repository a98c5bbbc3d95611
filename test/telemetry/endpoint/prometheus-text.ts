/** One sample of a page in Prometheus's text format. */
export interface ScrapedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A page, parsed as strictly as Prometheus's own parser does. */
export interface ScrapedPage {
  readonly samples: readonly ScrapedSample[];
  readonly types: ReadonlyMap<string, string>;
  readonly help: ReadonlyMap<string, string>;
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/y;

/**
 * Parses version 0.0.4 of the format. Throws Error for an invalid line, a family whose samples are not together after
 * its header, and a duplicate series.
 */
export function parsePrometheusText(text: string): ScrapedPage {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const samples: ScrapedSample[] = [];
  const types = new Map<string, string>();
  const help = new Map<string, string>();
  const series = new Set<string>();
  let family = '';
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue;
    const head = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (head !== null) {
      const [, kind, name, rest] = head as unknown as [string, string, string, string];
      const known = kind === 'HELP' ? help : types;
      if (known.has(name)) throw new Error(`${kind} of ${name} stands there twice`);
      known.set(name, rest);
      family = name;
      continue;
    }
    if (line.startsWith('#')) continue;
    const sample = sampleOf(line);
    const ofHistogram =
      types.get(family) === 'histogram' ? sample.name.replace(/_(bucket|count|sum)$/, '') : sample.name;
    if (ofHistogram !== family) throw new Error(`${sample.name} stands below ${family}`);
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    if (series.has(key)) throw new Error(`a series stands there twice: ${key}`);
    series.add(key);
    samples.push(sample);
  }
  return { samples, types, help };
}

function sampleOf(line: string): ScrapedSample {
  const fail = (): never => {
    throw new Error(`not a sample: ${JSON.stringify(line)}`);
  };
  NAME.lastIndex = 0;
  const name = NAME.exec(line)?.[0] ?? fail();
  const labels: Record<string, string> = {};
  let at = name.length;
  if (line[at] === '{') {
    at++;
    while (line[at] !== '}') {
      LABEL.lastIndex = at;
      const [all, key, value] = LABEL.exec(line) ?? fail();
      if (Object.hasOwn(labels, key!)) fail();
      labels[key!] = value!.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
      at += all!.length;
      if (line[at] === ',') at++;
      else if (line[at] !== '}') fail();
    }
    at++;
  }
  const number = /^ (\+Inf|-Inf|NaN|-?[0-9.]+(?:e[+-]?[0-9]+)?)$/.exec(line.slice(at))?.[1] ?? fail();
  const value = number === '+Inf' ? Infinity : number === '-Inf' ? -Infinity : Number(number);
  return { name, labels, value };
}

/** The only sample with this name and these labels, and possibly more. */
export function sampleIn(
  page: ScrapedPage,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): ScrapedSample {
  const found = page.samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  if (found.length !== 1) throw new Error(`${found.length} samples of ${name} ${JSON.stringify(labels)}`);
  return found[0]!;
}
