import type { Config } from '../config/config.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RunDocument } from '../ledger/run-document.ts';
import type { Usage } from '../ledger/usage.ts';
import type { Log } from '../text/log.ts';
import { printable } from '../text/printable.ts';
import { pageAssets } from '../views/page/bundle.ts';
import { fitModel } from '../views/page/fit-model.ts';
import { PageHistory } from '../views/page/model/page-history.ts';
import { renderReport } from '../views/page/render-report.ts';
import { FigurePace } from './figure-pace.ts';
import { resourceValues } from './resource-values.ts';
import { writeWhole } from './write-whole.ts';

/** The report of a run that goes on: gathered tick by tick, written at its end. */
export class WantedReport {
  /** When it wants to know what cgroups tell. */
  readonly figures = new FigurePace();
  readonly #file: string;
  readonly #config: Config;
  readonly #history: PageHistory;
  /** Loaded at the start: a program that is replaced while it runs still ends well. */
  readonly #assets = pageAssets();

  constructor(file: string, config: Config, ledger: Ledger) {
    this.#file = file;
    this.#config = config;
    this.#history = new PageHistory(ledger, config.intervalSeconds);
  }

  /** Takes the tick that was just booked. */
  take(usage: Usage): void {
    this.#history.take(usage);
  }

  /** Writes the page. What goes wrong is said. */
  async write(document: RunDocument, log: Log): Promise<void> {
    try {
      const { version, hostName } = resourceValues(this.#config.hostName);
      const facts = { program: version, hostName, goesOn: false, missing: [] };
      writeWhole(this.#file, renderReport(fitModel(document, this.#history, facts), await this.#assets));
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (syscall === undefined) throw error;
      log.error(
        {},
        `--report ${printable(this.#file)} cannot be written (${code}): there is no report of this run`,
      );
    }
  }
}
