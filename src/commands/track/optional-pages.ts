import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config, ListenAddress } from '../../config/config.ts';
import type { Clock } from '../../host/clock.ts';
import type { RunDocument } from '../../ledger/document/run-document.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Usage } from '../../ledger/measuring/usage.ts';
import type { EventStream } from '../../telemetry/endpoint/event-stream.ts';
import { HttpEndpoint } from '../../telemetry/endpoint/http-endpoint.ts';
import type { Log } from '../../text/log.ts';
import { type PageAssets, pageAssets } from '../../views/page/bundle.ts';
import { type FeedSource, PageFeed } from '../../views/page/feed/page-feed.ts';
import { fitModel } from '../../views/page/fit-model.ts';
import type { PageFacts } from '../../views/page/model/build-model.ts';
import { PageHistory } from '../../views/page/model/page-history.ts';
import { renderLivePage, renderReport } from '../../views/page/render-report.ts';
import type { LostOutput } from '../files/lost-output.ts';
import { OutputError, writeFile } from '../files/output.ts';
import { FigurePace } from './figure-pace.ts';
import type { AllowedClients } from './open-endpoint.ts';
import { resourceValues } from './resource-values.ts';

/** The live page and the report of a run: data is collected tick by tick, shown during the run, and written at its end. */
export class OptionalPages {
  /** Decides when cgroup metrics are read. */
  readonly figures = new FigurePace();
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #history: PageHistory;
  readonly #facts: PageFacts;
  /** Loaded at the start, so that a program whose files are replaced during a run still ends properly. */
  readonly #assets = pageAssets();
  #web: Web | undefined;

  constructor(config: Config, clock: Clock, ledger: Ledger) {
    this.#config = config;
    this.#clock = clock;
    this.#history = new PageHistory(ledger, config.intervalSeconds);
    const { version, hostName } = resourceValues(config.hostName);
    this.#facts = { program: version, hostName, goesOn: true, missing: [] };
  }

  /** Serves the live page, if requested, to at most `connections` clients. Throws TelemetrySetupError if it cannot listen. */
  async open(soFar: () => RunDocument, connections: number, log: Log): Promise<void> {
    const { web, allowedHosts } = this.#config;
    if (web === undefined) return;
    const source = {
      document: soFar,
      facts: this.#facts,
      nowSeconds: () => this.#clock.monotonicSeconds(),
    };
    this.#web = await openWeb(
      web,
      { hosts: allowedHosts, connections },
      this.#history,
      source,
      await this.#assets,
      log,
    );
  }

  /** Takes the tick that was just booked. */
  take(usage: Usage): void {
    this.#history.take(usage);
    this.#web?.feed.push();
  }

  /** The run has ended. */
  async end(document: RunDocument, lost: LostOutput): Promise<void> {
    const facts = { ...this.#facts, goesOn: false };
    const { reportFile: path, fileMode: mode } = this.#config;
    if (path !== undefined)
      await writeReport({ path, mode }, document, this.#history, { facts, assets: await this.#assets, lost });
    await this.#web?.close(document, facts);
  }
}

/** Destination of the report; the permissions are those of a summary file. */
interface ReportFile {
  readonly path: string;
  readonly mode: number | undefined;
}

/** Writes the report of a run that has ended. */
async function writeReport(
  { path, mode }: ReportFile,
  document: RunDocument,
  history: PageHistory,
  {
    facts,
    assets,
    lost,
  }: { readonly facts: PageFacts; readonly assets: PageAssets; readonly lost: LostOutput },
): Promise<void> {
  const page = renderReport(await fitModel(document, history, facts), assets);
  try {
    writeFile('--report', path, page, mode);
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    lost.add(`${error.message}: there is no report of this run`);
  }
}

/** Seconds in which clients must have received the end of the run. */
const LAST_MILLIS = 1_000;

/** The live page of a run. */
interface Web {
  readonly feed: PageFeed;
  /** Sends the end of the run to clients, and stops. */
  close(document: RunDocument, facts: PageFacts): Promise<void>;
}

/**
 * Serves the page at `address`, to requests by an IP address, localhost, this machine's name or one of `hosts`. Throws
 * TelemetrySetupError if it cannot listen there.
 */
async function openWeb(
  address: ListenAddress,
  { hosts, connections }: AllowedClients,
  history: PageHistory,
  source: FeedSource,
  assets: PageAssets,
  log: Log,
): Promise<Web> {
  const feed = new PageFeed(history, source);
  const streamKey = randomBytes(16).toString('base64url');
  const { page, policy } = renderLivePage(assets, source.facts.hostName ?? 'live', streamKey);
  const headers = {
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  };
  const take = (stream: EventStream) => {
    feed.join(stream);
    stream.onClose(() => feed.leave(stream));
  };
  const endpoint = await HttpEndpoint.open(
    address,
    { '/': () => ({ status: 200, contentType: 'text/html; charset=utf-8', body: page, headers }) },
    { hosts: [hostname(), ...hosts], connections, streams: { '/events': take }, streamKey },
  );
  log.info({ url: endpoint.url }, `showing this run at ${endpoint.url}`);
  return {
    feed,
    async close(document, facts) {
      feed.end(document, facts);
      await endpoint.endStreams(LAST_MILLIS);
      endpoint.close();
    },
  };
}
