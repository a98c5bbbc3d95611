import { execFile } from 'node:child_process';

/** Exit code and output of a command. */
export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  /** Its exit code; 128 or more if a signal or the timeout ended it. */
  readonly code: number;
}

/** Runs a command to its end. Throws only if it could not be started. */
export function runCommand(argv: readonly string[], timeoutMillis = 60_000): Promise<Finished> {
  const [file, ...args] = argv as [string, ...string[]];
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMillis, killSignal: 'SIGKILL', maxBuffer: 64 << 20 } as const;
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error && typeof error.code === 'string') reject(error);
      else resolve({ stdout, stderr, code: error === null ? 0 : Number(error.code ?? 137) });
    });
  });
}

/** Trimmed output of a command. Throws with all its output if it failed. */
export async function outputOf(argv: readonly string[], timeoutMillis?: number): Promise<string> {
  const { code, stdout, stderr } = await runCommand(argv, timeoutMillis);
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit code ${code}\n${stdout}${stderr}`.trim());
  return stdout.trim();
}
