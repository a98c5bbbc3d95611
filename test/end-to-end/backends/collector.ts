import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { build, built, type GoProgram, pathOf } from './go-program.ts';
import { ServerProcess } from './server-process.ts';

export const collectorVersion = '0.160.0';
const PROGRAM: GoProgram = { name: 'otelcol', sources: join(import.meta.dirname, 'collector') };

/** Path of the built Collector. */
export const collectorProgram = pathOf(PROGRAM);

/** Whether the Collector is built; for `skipUnless`. */
export const collectorAvailable: true | string = built(PROGRAM);

/** Builds the Collector with its own builder if it is missing. */
export function buildCollector(): void {
  const builder = ['run', `go.opentelemetry.io/collector/cmd/builder@v${collectorVersion}`];
  build([PROGRAM], [[...builder, '--config', 'builder.yaml', '--skip-get-modules', '--ldflags', '-s -w']]);
}

/** Validates merged configuration files with the Collector. Fails with its output if they are invalid. */
export function validate(files: readonly string[], environment: Readonly<Record<string, string>>): void {
  const args = ['validate', ...files.flatMap((file) => ['--config', file])];
  const { status, stdout, stderr } = spawnSync(collectorProgram, args, {
    encoding: 'utf8',
    env: environment,
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

/** `SECTION TYPE` of each component of the Collector, such as `exporters otlp_http`, without deprecated aliases. */
export function componentTypes(): ReadonlySet<string> {
  const { status, stdout, stderr } = spawnSync(collectorProgram, ['components'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const sections = parse(stdout) as Record<string, unknown>;
  return new Set(
    Object.entries(sections).flatMap(([section, components]) =>
      Array.isArray(components) ? components.map(({ name }) => `${section} ${name}`) : [],
    ),
  );
}

/** Components by their names, and pipelines; the Collector's own metrics are excluded, because they would need a port. */
export interface CollectorConfig {
  readonly receivers: Readonly<Record<string, unknown>>;
  readonly processors?: Readonly<Record<string, unknown>>;
  readonly exporters: Readonly<Record<string, unknown>>;
  readonly pipelines: Readonly<Record<string, unknown>>;
}

/** A Collector that is ready to receive. */
export class Collector {
  readonly #process: ServerProcess;
  readonly #folder: string;

  private constructor(process: ServerProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
  }

  static async start({ pipelines, ...components }: CollectorConfig): Promise<Collector> {
    return Collector.startWith([], { ...components, service: { pipelines } });
  }

  /** With configuration files of a user, merged with `overlay`. */
  static async startWith(
    files: readonly string[],
    overlay: { readonly service?: object; readonly [name: string]: unknown },
    environment: Readonly<Record<string, string>> = {},
    flags: readonly string[] = [],
  ): Promise<Collector> {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-otelcol-'));
    const file = join(folder, 'config.yaml');
    // JSON is valid YAML.
    const service = { telemetry: { metrics: { level: 'none' } }, ...overlay.service };
    writeFileSync(file, JSON.stringify({ ...overlay, service }, null, 2));
    const args = [...flags, ...[...files, file].flatMap((each) => ['--config', each])];
    const server = new ServerProcess(collectorProgram, args, folder, { ...process.env, ...environment });
    try {
      await server.ready(() => server.log.includes('Everything is ready.'));
    } catch (error) {
      await server.crash();
      throw error;
    }
    return new Collector(server, folder);
  }

  get log(): string {
    return this.#process.log;
  }

  /** Shuts it down gracefully: received data is exported first. */
  async stop(): Promise<void> {
    await this.#process.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async crash(): Promise<void> {
    await this.#process.crash();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
