import type { Config } from '../../config/config.ts';
import { ConfigError, shown } from '../../config/config-error.ts';
import type { RunCommand } from '../../ledger/document/run-document.ts';
import { KEPT_ROWS } from '../../ledger/run/run-totals.ts';
import type { Progress, RecordedTick } from '../../recording/recorded-tick.ts';
import { Recorder } from '../../recording/recorder.ts';
import { RecordingError } from '../../recording/recording-error.ts';
import { whyFileFails } from '../../text/file-fault.ts';
import { printable } from '../../text/printable.ts';
import type { LostOutput } from '../files/lost-output.ts';
import { hostResourceValues, RUN_ID } from './resource-values.ts';

/** Records a run, tick by tick. */
export interface Recording {
  /**
   * Creates the file. Throws ConfigError if that fails. Called when nothing else can keep the run from starting: otherwise, runs
   * that cannot start would replace the recordings of earlier runs.
   */
  open(): void;
  record(tick: RecordedTick): void;
  /** Resolves when everything that can be written is written. */
  close(endedUnixMillis: number, progress: Progress, command: RunCommand | null): Promise<void>;
}

/** When the run began, on both clocks. */
interface Beginning {
  readonly startedUnixMillis: number;
  readonly startedAtSeconds: number;
}

/** The recording of a run, in memory until its file is opened. Throws ConfigError if the file cannot be created. */
export function openRecording(
  config: Config & { readonly recordFile: string },
  beginning: Beginning,
  lost: LostOutput,
): Recording {
  const path = config.recordFile;
  const {
    version,
    hostName,
    hostId = null,
    osVersion = null,
  } = hostResourceValues(config.hostName, config.procRoot);
  const recorder = new Recorder({
    path,
    head: {
      run: RUN_ID,
      part: 0,
      program: version,
      hostName,
      osVersion,
      hostId,
      ...beginning,
      intervalSeconds: config.intervalSeconds,
      exportIntervalSeconds: config.exportIntervalSeconds,
      summaryRows: config.summaryRows ?? KEPT_ROWS,
      processDetails: config.processDetails,
    },
    mode: config.fileMode,
    mostFileBytes: config.recordFileBytes,
    mostFiles: config.recordFiles,
    fail: (reason) => lost.add(adviceOnLostRecording(path, reason)),
  });
  const orRefuse = (act: () => void) => {
    try {
      act();
    } catch (error) {
      throw refusal(path, error);
    }
  };
  // Before a command is started: a file that cannot be created is bad input.
  orRefuse(() => recorder.check());
  return {
    open: () => orRefuse(() => recorder.open()),
    record: (tick) => recorder.record(tick),
    close: (endedUnixMillis, progress, command) => recorder.close(endedUnixMillis, progress, command),
  };
}

/** Throws errors that are not of the file. */
function refusal(path: string, error: unknown): ConfigError {
  const why =
    error instanceof RecordingError
      ? `cannot be written: ${error.message}`
      : (whyFileFails(error, 'written') ?? raise(error));
  return new ConfigError(
    `--record ${shown(path)} ${why}`,
    { option: '--record', value: path, accepted: 'a file that can be written' },
    error,
  );
}

function raise(error: unknown): never {
  throw error;
}

function adviceOnLostRecording(path: string, reason: string): string {
  return `--record ${printable(path)} can no longer be written (${reason}): the recording ends here and can be replayed up to this point; the run continues`;
}
