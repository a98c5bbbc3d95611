import type { ReplayConfig } from '../config/commands/replay.ts';
import { ConfigError } from '../config/config-error.ts';
import { RecordedRun } from '../recording/recorded-run.ts';
import { RecordingError } from '../recording/recording-error.ts';
import { ReplayedRun } from '../recording/replayed-run.ts';
import { printable } from '../text/printable.ts';
import type { Surroundings } from './surroundings.ts';
import { writeSummary } from './write-summary.ts';

/** Tells a recorded run again. Resolves to the exit code. Throws ConfigError where there is no recording to read. */
export async function replay(config: ReplayConfig, { log, standardOutput }: Surroundings): Promise<number> {
  for (const warning of config.warnings) log.warn({}, warning);
  const document = readingFrom(config.file, () => {
    const run = RecordedRun.open(config.file);
    const replayed = new ReplayedRun(run, config.summaryRows);
    for (const _ of replayed.ticks());
    for (const missing of run.completeness.missing)
      log.warn({}, `${printable(config.file)} is not the whole run: ${missing}`);
    return replayed.document();
  });
  const wish = { format: config.summary, file: config.summaryFile };
  await writeSummary(document, wish, standardOutput, log);
  return 0;
}

/** What `read` returns. Where the file cannot be read, or is no recording, that is bad input: throws ConfigError. */
export function readingFrom<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const why = whyUnreadable(error);
    if (why === null) throw error;
    throw new ConfigError(
      `${printable(file)} cannot be replayed: ${why}`,
      { option: 'FILE', value: file, accepted: 'a recording (--record FILE)' },
      error,
    );
  }
}

/** Null for what is no fault of the file's. */
function whyUnreadable(error: unknown): string | null {
  if (error instanceof RecordingError) return error.message;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return null;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  return `it cannot be read (${code})`;
}
