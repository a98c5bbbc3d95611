import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A collector in a process of its own, so that its cost is nobody else's. */
export interface Collector {
  readonly url: string;
  end(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve('./sink.ts'))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [port] = await once(createInterface(child.stdout), 'line');
  return {
    url: `http://127.0.0.1:${port}`,
    async end() {
      child.stdin.end();
      await exited;
    },
  };
}
