/**
 * Starts a child of unitledger, whose end the kernel must report to every socket that receives records or events.
 * Resolves when the child has ended: 0, or the errno if none could be started.
 */
export async function endOfChild(): Promise<number> {
  const { spawn } = await import('node:child_process');
  return new Promise((resolve) => {
    const child = spawn('/bin/true', { stdio: 'ignore' });
    child.on('exit', () => resolve(0));
    child.on('error', (error: NodeJS.ErrnoException) => {
      const notMade = error.code !== 'ENOENT' && error.code !== 'EACCES';
      // If the program does not exist, a child was created all the same, and has ended.
      resolve(notMade ? Math.abs(error.errno ?? 0) : 0);
    });
  });
}
