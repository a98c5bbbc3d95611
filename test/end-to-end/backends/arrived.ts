import { existsSync, readFileSync } from 'node:fs';
import { allPointsOf, type ExportRequest, pointsOf, sayingOf } from '../otlp-request.ts';

/** Output of a Collector's file exporter so far, one request a line. */
export function requestsIn(file: string): ExportRequest[] {
  if (!existsSync(file)) return [];
  // Text after the last line break is incomplete.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as ExportRequest);
}

/** All values of the points of a request, sorted. */
export function sayingsOf(request: ExportRequest): string[] {
  return allPointsOf(request).map(sayingOf).sort();
}

/** End of the window of a request: the latest time of its points. */
export function windowEndOf(request: ExportRequest): number {
  return pointsOf(request).reduce((latest, { unixMillis }) => Math.max(latest, unixMillis), 0);
}
