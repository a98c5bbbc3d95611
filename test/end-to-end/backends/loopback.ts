import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

const LOWEST = 20_000;
/** Higher ports are assigned by the kernel: to connections, and to servers that let it choose. */
const HIGHEST = 32_000;

/** Distinct free ports of the loopback interface, for servers that need a given one. No other call gets them, in any process. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if ((await isReserved(port)) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

/** Reserves a port until this process ends. An abstract socket (unix(7)) has one owner, and leaves nothing behind. */
async function isReserved(port: number): Promise<boolean> {
  return (await listening(createServer().unref().listen(`\0unitledger-test-port-${port}`))) !== undefined;
}

async function isFree(port: number): Promise<boolean> {
  const server = await listening(createServer().listen(port, '127.0.0.1'));
  if (server === undefined) return false;
  server.close();
  await once(server, 'close');
  return true;
}

/** The server once it listens; undefined if another one has its address. */
async function listening(server: Server): Promise<Server | undefined> {
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
