import type { TerminalHold, TerminalHolder } from '../command-context.ts';

/** Source of signals; `process` in all but tests. */
export type Signals = Pick<NodeJS.Process, 'pid' | 'on' | 'off' | 'kill'>;

/**
 * Lets a view hold the terminal: the terminal is restored before the program stops (SIGTSTP) or exits, and taken over again when it
 * continues (SIGCONT). Called by `main.ts`, which owns all signals.
 */
export function holdTerminal(process: Signals, holder: TerminalHolder): TerminalHold {
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
