/** `node sink.ts`: a collector that takes every OTLP/HTTP export and keeps nothing. Prints its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((request, response) => {
  request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
});
// Node's default of 5 s would end the connection between two exports. The Collector keeps idle connections.
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
// It ends with whoever started it.
process.stdin.resume().on('end', () => process.exit());
