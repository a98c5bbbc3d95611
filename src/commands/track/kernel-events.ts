import type { Host } from '../../host/host.ts';
import type { ExitRecordsFailure } from '../../host/taskstats/exit-record-source.ts';
import type { RunExitRecords } from '../../ledger/document/run-document.ts';
import { type ExitBatch, ExitRecords, NO_EXITS } from '../../sampling/exit-records.ts';
import type { Log } from '../../text/log.ts';
import { adviceOnExitRecords, adviceOnLostRecords } from './exit-record-advice.ts';

/** Exit records as far as a run wants them and gets them. Without them everything else goes on; why is said once. */
export class WantedExitRecords {
  readonly #log: Log;
  #records: ExitRecords | null = null;
  #lossIsSaid = false;

  /** Begins to receive, if they are wanted. Whether any arrive is found out while the run goes on. */
  constructor(areWanted: boolean, host: Host, log: Log) {
    this.#log = log;
    if (!areWanted) return;
    const opened = ExitRecords.open(host);
    if (!(opened instanceof ExitRecords)) {
      this.#say(opened);
      return;
    }
    this.#records = opened;
    void opened.verify().then((failure) => {
      if (failure === null || this.#records !== opened) return;
      this.close();
      this.#say(failure);
    });
  }

  /** What ended since the last call; to be called right after each sample. */
  drain(): ExitBatch {
    if (this.#records === null) return NO_EXITS;
    const batch = this.#records.drain();
    const { lost } = this.#records;
    if (lost > 0 && !this.#lossIsSaid) {
      this.#lossIsSaid = true;
      this.#log.warn({ lost }, adviceOnLostRecords(lost));
    }
    return batch;
  }

  /** Null where there are none. */
  get counts(): RunExitRecords | null {
    if (this.#records === null) return null;
    const { received, lost } = this.#records;
    return { received, lost };
  }

  close(): void {
    this.#records?.close();
    this.#records = null;
  }

  #say(failure: ExitRecordsFailure): void {
    this.#log.warn({ failure: failure.kind }, adviceOnExitRecords(failure));
  }
}
