import type { TerminalHold, TerminalHolder } from './commands/command-context.ts';
import { drained, OutputError, written } from './commands/files/output.ts';
import { openLog } from './commands/log.ts';
import { RunEnd } from './commands/run-end.ts';
import { track } from './commands/track.ts';
import { VERSION } from './commands/version.ts';
import type { Loaded } from './config/commands.ts';
import { ConfigError } from './config/config-error.ts';
import { EXIT } from './config/exit-codes.ts';
import { loadConfig } from './config/load.ts';
import { systemClock } from './host/clock.ts';
import { disk } from './host/files/disk.ts';
import { useOwnPipes } from './host/files/own-pipes.ts';
import { HostError } from './host/host.ts';
import { TelemetrySetupError } from './telemetry/export/setup-error.ts';

/** Bad input and lost output are one sentence each; anything else is a defect and shows where. */
function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError || error instanceof HostError || error instanceof TelemetrySetupError) {
    const picture = error instanceof ConfigError ? error.picture : undefined;
    process.stderr.write(`unitledger: ${error.message}\n${picture === undefined ? '' : `${picture}\n`}`);
    return EXIT.BAD_INPUT;
  }
  if (error instanceof OutputError) {
    process.stderr.write(`unitledger: ${error.message}\n`);
    return EXIT.NOT_WRITTEN;
  }
  process.stderr.write(`unitledger: a defect: ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.DEFECT;
}

/** Runs a command. Only the main one is loaded with the program: the others are, when they are named. */
async function run({ command, config }: Loaded, end: RunEnd): Promise<number> {
  // On a signal, a run still prints its summary and a view restores the terminal; other commands have nothing to finish.
  if (command === 'track' || (command === 'replay' && config.live))
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => end.interrupt(signal));
  const context = {
    clock: systemClock,
    log: openLog(process.stderr, config.logLevel),
    end,
    environment: process.env,
    // Opened only by who reads it: a command that is run may need it untouched.
    get standardInput() {
      return process.stdin;
    },
    standardOutput: process.stdout,
    standardError: process.stderr,
    holdTerminal,
  };
  switch (command) {
    case 'track':
      return track(config, context);
    case 'doctor':
      return (await import('./commands/doctor.ts')).doctor(config, context);
    case 'compare':
      return (await import('./commands/compare.ts')).compare(config, context);
    case 'replay':
      return (await import('./commands/replay.ts')).replay(config, context);
    case 'report':
      return (await import('./commands/report.ts')).report(config, context);
  }
}

/**
 * Lets a view hold the terminal: the terminal is restored before the program stops (SIGTSTP) or exits, and taken over again when it
 * continues (SIGCONT).
 */
function holdTerminal(holder: TerminalHolder): TerminalHold {
  const stop = () => {
    holder.leave();
    // With the default action of the signal, the program stops here, if a shell can continue it: a job without a
    // shell (an orphaned process group) is not stopped.
    process.off('SIGTSTP', stop);
    process.kill(process.pid, 'SIGTSTP');
    process.on('SIGTSTP', stop);
    holder.takeBack();
  };
  const goOn = () => holder.takeBack();
  const exit = () => holder.exit();
  process.on('SIGTSTP', stop);
  process.on('SIGCONT', goOn);
  process.on('exit', exit);
  return {
    // All of the job, the shell's pipeline included.
    suspend: () => process.kill(0, 'SIGTSTP'),
    release() {
      process.off('SIGTSTP', stop);
      process.off('SIGCONT', goOn);
      process.off('exit', exit);
    },
  };
}

async function main(end: RunEnd): Promise<number> {
  const loaded = loadConfig({ argv: process.argv.slice(2), env: process.env, ...disk });
  if ('help' in loaded) await written(process.stdout, loaded.help);
  else if ('version' in loaded) await written(process.stdout, `unitledger ${VERSION}\n`);
  else return await run(loaded, end);
  return EXIT.DONE;
}

useOwnPipes();
// Node would start its debugger, through which every user of the machine can run code with the privileges of this program.
process.on('SIGUSR1', () => {});
// A reader that goes away (`| head`) is no reason to lose a run.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
const end = new RunEnd();
const exitCode = await main(end).catch(exitCodeOf);
// `process.exit` drops what a pipe has not taken yet. A second interruption ends the wait for a reader.
await Promise.race([Promise.all([drained(process.stdout), drained(process.stderr)]), end.hurried]);
// A socket that a collector holds open must not hold the program.
process.exit(exitCode);
