import { FileFault } from '../../../text/file-fault.ts';
import type { Log } from '../../../text/log.ts';
import { printable } from '../../../text/printable.ts';
import { TelemetrySetupError } from '../setup-error.ts';
import { SIGNALS, type SignalName } from '../signal.ts';
import { SpoolDirectory, SpoolInUseError } from './spool-directory.ts';

/** A message lists at most this many names. */
const MOST_NAMES = 3;

/**
 * Opens the directory of `--spool-dir` for a signal, and logs its content. Throws TelemetrySetupError if it cannot be
 * used.
 */
export function openSpool(path: string, log: Log, signal: SignalName = 'metrics'): SpoolDirectory {
  const spool = opened(path, signal);
  const { waiting, foreign } = spool.found;
  if (foreign.length > 0) {
    const names = foreign.slice(0, MOST_NAMES).map(printable).join(', ');
    const more = foreign.length > MOST_NAMES ? ` and ${foreign.length - MOST_NAMES} more` : '';
    log.warn({ directory: path, files: foreign.length }, `ignored foreign files in ${path}: ${names}${more}`);
  }
  if (waiting.length > 0) {
    const [one, many] = SIGNALS[signal].request;
    const windows = waiting.length === 1 ? `1 ${one}` : `${waiting.length} ${many}`;
    log.info(
      { directory: path, windows: waiting.length },
      `sending ${windows} of an earlier run from the spool first`,
    );
  }
  return spool;
}

function opened(path: string, signal: SignalName): SpoolDirectory {
  const shown = printable(path);
  try {
    return SpoolDirectory.open(path, signal);
  } catch (cause) {
    if (cause instanceof SpoolInUseError) {
      throw new TelemetrySetupError(
        `--spool-dir "${shown}" is in use by another unitledger; each needs a directory of its own.`,
        { cause },
      );
    }
    if (cause instanceof FileFault)
      throw new TelemetrySetupError(`--spool-dir "${shown}" cannot be used: it ${cause.message}.`, { cause });
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new TelemetrySetupError(
      `--spool-dir must be a directory that can be written to, not "${shown}" (${printable(code ?? message)}).`,
      { cause },
    );
  }
}
