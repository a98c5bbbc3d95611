/** `node sink.ts`: a collector that takes every OTLP/HTTP export and keeps nothing. Prints its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((request, response) => {
  request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
// It ends with whoever started it.
process.stdin.resume().on('end', () => process.exit());
