import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { ExportRequest } from './otlp-request.ts';

const SOURCES = new URL('./otlp-receiver/', import.meta.url).pathname;

/** One request that the receiver accepted, decoded by the protocol's own definitions. */
export interface ReceivedRequest {
  readonly path: string;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly userAgent: string;
  readonly wireBytes: number;
  readonly bodyBytes: number;
  readonly atUnixMillis: number;
  readonly body: ExportRequest;
}

/**
 * Whether the receiver can be built here: `true`, or what is missing. For `skipUnless`:
 *
 *     test('…', skipUnless(otlpReceiverAvailable()), async () => …)
 */
export function otlpReceiverAvailable(): true | string {
  const go = spawnSync('go', ['version'], { encoding: 'utf8' });
  return go.error === undefined && go.status === 0
    ? true
    : 'the OTLP receiver of the tests needs Go (1.26 or later) on the PATH';
}

/** A strict OTLP/HTTP receiver on a port of its own. */
export class OtlpReceiver {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string;
  /** Accepted requests, in order. */
  readonly requests: ReceivedRequest[] = [];
  /** Errors of rejected requests, in order. */
  readonly errors: string[] = [];
  readonly #process: ChildProcess;
  #changed: (() => void)[] = [];

  /** Use `startOtlpReceiver`. */
  constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  /** Handles one line of the receiver's output. */
  take(line: string): void {
    const { request, error } = JSON.parse(line) as { request?: ReceivedRequest; error?: string };
    if (request !== undefined) this.requests.push(request);
    if (error !== undefined) this.errors.push(error);
    for (const changed of this.#changed.splice(0)) changed();
  }

  /**
   * Waits until it has accepted or rejected `count` requests in total, and returns the accepted ones. Throws after
   * `seconds`.
   */
  async waitFor(count: number, seconds = 10): Promise<readonly ReceivedRequest[]> {
    const deadline = AbortSignal.timeout(seconds * 1000);
    while (this.requests.length + this.errors.length < count) {
      await new Promise<void>((resolve, reject) => {
        this.#changed.push(resolve);
        deadline.addEventListener('abort', () =>
          reject(
            new Error(
              `${this.requests.length} requests and ${this.errors.length} errors of ${count} came in time`,
            ),
          ),
        );
      });
    }
    return this.requests;
  }

  /** Ends it; afterwards its port is closed. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.stdin?.end();
    await ended;
  }
}

/** Builds the receiver if necessary, and starts it. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const process = spawn(await buildOtlpReceiver(), { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: process.stdout! });
  const [first] = (await once(lines, 'line')) as [string];
  const receiver = new OtlpReceiver(process, (JSON.parse(first) as { port: number }).port);
  lines.on('line', (line) => receiver.take(line));
  return receiver;
}

/** Path of the receiver, built by `go build` once for each state of its sources, outside the checkout. */
async function buildOtlpReceiver(): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'unitledger-tests');
  const binary = join(cache, `otlp-receiver-${hashOfSources()}`);
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  // Several test files may build at once: each uses its own file, and the last one wins.
  const unfinished = `${binary}.${process.pid}`;
  await promisify(execFile)('go', ['build', '-trimpath', '-o', unfinished, '.'], { cwd: SOURCES });
  renameSync(unfinished, binary);
  return binary;
}

function hashOfSources(): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const name of readdirSync(SOURCES).sort()) hash.update(name).update(readFileSync(join(SOURCES, name)));
  return hash.digest('hex').slice(0, 16);
}
