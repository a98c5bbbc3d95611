/**
 * A million processes through ledger, windows, points and bytes, with no host: `npm run bench:processes`. Says what
 * memory came to, and what a data point costs from the window to its bytes.
 */
import { ENCODINGS } from '../src/telemetry/export/otlp-encoding.ts';
import { ProcessChurn } from '../test/telemetry/process-churn.ts';

const PIDS = Number(process.argv[2] ?? 1_000_000);
const BIRTHS_OF_A_TICK = 200;

for (const encoding of ['json', 'protobuf'] as const) {
  const churn = new ProcessChurn('cumulative');
  let [points, micros, windows] = [0, 0, 0];
  let [early, late] = [0, 0];
  while (churn.started < PIDS) {
    const window = churn.run(BIRTHS_OF_A_TICK);
    const start = process.cpuUsage();
    const metrics = churn.collect(window);
    ENCODINGS[encoding].encode(metrics);
    const { user, system } = process.cpuUsage(start);
    const series = churn.check(metrics);
    windows++;
    const { rss } = process.memoryUsage();
    // The first tenth warms up; its highest is held against the highest of the rest.
    if (churn.started <= PIDS / 10) early = Math.max(early, rss);
    else {
      late = Math.max(late, rss);
      points += series;
      micros += user + system;
    }
  }
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  console.log(
    `${encoding}: ${churn.started} processes, ${windows} windows of ${Math.round(points / (windows * 0.9))} points, ` +
      `${(micros / points).toFixed(2)} µs of CPU a point from window to bytes; highest RSS ${mib(early)} MiB in the first ` +
      `tenth, ${mib(late)} MiB after (${((late / early - 1) * 100).toFixed(1)}%)`,
  );
}
