import { existsSync, readFileSync } from 'node:fs';
import { allPointsOf, type ExportRequest, pointsOf, sayingOf } from '../otlp-request.ts';

/** What a Collector's file exporter wrote so far, a request a line. */
export function requestsIn(file: string): ExportRequest[] {
  if (!existsSync(file)) return [];
  // What follows the last line break is still being written.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as ExportRequest);
}

/** Everything that the points of a request say, in an order of its own. */
export function sayingsOf(request: ExportRequest): string[] {
  return allPointsOf(request).map(sayingOf).sort();
}

/** When the window of a request ended: the latest time of its points. */
export function windowEndOf(request: ExportRequest): number {
  return pointsOf(request).reduce((latest, { unixMillis }) => Math.max(latest, unixMillis), 0);
}
