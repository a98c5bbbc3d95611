import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, built, type GoProgram, pathOf } from './go-program.ts';
import { freePorts } from './loopback.ts';
import { ServerProcess } from './server-process.ts';

const VERSION = '3.16.0';
const SOURCES = join(import.meta.dirname, 'prometheus');
const SERVER: GoProgram = { name: 'prometheus', sources: SOURCES };
const TOOL: GoProgram = { name: 'promtool', sources: SOURCES };

/** Whether Prometheus and promtool are built; for `skipUnless`. */
export const prometheusAvailable: true | string = built(SERVER, TOOL);

/** Builds Prometheus and promtool, without web pages and service discovery, if they are missing. */
export function buildPrometheus(): void {
  const module = 'github.com/prometheus/prometheus';
  const flags = `-s -w -X github.com/prometheus/common/version.Version=${VERSION}`;
  const programs = [`${module}/cmd/prometheus`, `${module}/cmd/promtool`];
  build([SERVER, TOOL], [['build', '-tags', 'remove_all_sd', '-ldflags', flags, '-o', './', ...programs]]);
}

/** Runs promtool. Fails with its output on errors. */
export function promtool(args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(pathOf(TOOL), args, { encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

/** One series of an answer, with its value at the queried time. */
export interface InstantSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One series of an answer, with every stored sample, in seconds since the epoch. */
export interface StoredSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [seconds: number, value: number])[];
}

/** A Prometheus that receives OTLP and answers queries. */
export class Prometheus {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly #process: ServerProcess;
  readonly #folder: string;

  private constructor(url: string, process: ServerProcess, folder: string) {
    this.url = url;
    this.#process = process;
    this.#folder = folder;
  }

  /** @param config As in `prometheus.yml`. */
  static async start(config: Readonly<Record<string, unknown>> = {}): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-prometheus-'));
    const file = join(folder, 'prometheus.yml');
    // JSON is valid YAML.
    writeFileSync(file, JSON.stringify(config, null, 2));
    const [port] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const server = new ServerProcess(
      pathOf(SERVER),
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--web.enable-otlp-receiver',
        // The default, 5 s, is also the delay of the first scrape.
        '--scrape.discovery-reload-interval=100ms',
      ],
      folder,
    );
    try {
      await server.ready(async () => (await statusOf(`${url}/-/ready`)) === 200);
    } catch (error) {
      await server.crash();
      throw error;
    }
    return new Prometheus(url, server, folder);
  }

  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  get otlpEndpoint(): string {
    return `${this.url}/api/v1/otlp`;
  }

  get log(): string {
    return this.#process.log;
  }

  /** Result of an instant query, at `atSeconds` since the epoch, or now. Throws if it is rejected. */
  async query(expression: string, atSeconds?: number): Promise<InstantSeries[]> {
    const time: Record<string, string> = atSeconds === undefined ? {} : { time: String(atSeconds) };
    const data = await this.#ask<QueryData>('/api/v1/query', { query: expression, ...time });
    if (data.resultType === 'scalar') return [{ labels: {}, value: Number(data.result[1]) }];
    assert.equal(data.resultType, 'vector', expression);
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** Values of an expression with at most one series, from `from` to `to` every so often; none for times without one. */
  async range(expression: string, from: number, to: number, everySeconds: number): Promise<number[]> {
    const data = await this.#ask<QueryData>('/api/v1/query_range', {
      query: expression,
      start: String(from),
      end: String(to),
      step: String(everySeconds),
    });
    assert.equal(data.resultType, 'matrix', expression);
    assert.ok(data.result.length <= 1, `${data.result.length} series of ${expression}`);
    return data.result.flatMap(({ values }) => values.map(([, value]) => Number(value)));
  }

  /** All stored samples of a selector, over the last hour. */
  async stored(selector: string): Promise<StoredSeries[]> {
    const data = await this.#ask<QueryData>('/api/v1/query', { query: `${selector}[1h]` });
    assert.equal(data.resultType, 'matrix', selector);
    return data.result.map(({ metric, values }) => ({
      labels: metric,
      samples: values.map(([seconds, value]) => [seconds, Number(value)] as const),
    }));
  }

  /** Names of all stored metrics, sorted. */
  async metricNames(): Promise<readonly string[]> {
    return this.#ask<string[]>('/api/v1/label/__name__/values', {});
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ask<Data>(path: string, parameters: Readonly<Record<string, string>>): Promise<Data> {
    const response = await fetch(`${this.url}${path}?${new URLSearchParams(parameters)}`);
    const answer = (await response.json()) as { status: string; data: Data; error?: string };
    if (answer.status !== 'success')
      throw new Error(`${answer.error}: ${Object.values(parameters).join(' ')}`);
    return answer.data;
  }
}

type Sample = readonly [seconds: number, value: string];
type Labels = Readonly<Record<string, string>>;
type QueryData =
  | { readonly resultType: 'scalar'; readonly result: Sample }
  | { readonly resultType: 'vector'; readonly result: readonly { metric: Labels; value: Sample }[] }
  | { readonly resultType: 'matrix'; readonly result: readonly { metric: Labels; values: Sample[] }[] };

async function statusOf(url: string): Promise<number | undefined> {
  try {
    return (await fetch(url)).status;
  } catch {
    // Nothing listens there yet.
    return undefined;
  }
}
