import type { Config } from '../../config/config.ts';
import type { Clock } from '../../host/clock.ts';
import type { RunDocument } from '../../ledger/document/run-document.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Usage } from '../../ledger/measuring/usage.ts';
import type { Log } from '../../text/log.ts';
import { pageAssets } from '../../views/page/bundle.ts';
import type { PageFacts } from '../../views/page/model/build-model.ts';
import { PageHistory } from '../../views/page/model/page-history.ts';
import type { LostOutput } from '../files/lost-output.ts';
import { writeReport } from '../files/write-report.ts';
import { FigurePace } from './figure-pace.ts';
import { openWeb, type Web } from './open-web.ts';
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
