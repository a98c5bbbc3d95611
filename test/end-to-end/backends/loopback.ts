import { once } from 'node:events';
import { createServer } from 'node:net';

const LOWEST = 20_000;
/** Higher ports are assigned by the kernel: to connections, and to servers that let it choose. */
const HIGHEST = 32_000;

/** Distinct free ports of the loopback interface, for servers that need a given one. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
