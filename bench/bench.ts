import { NODE_FLAGS } from '../scripts/build.ts';
import type { CPrograms } from './programs.ts';

/** What the parts measure with. */
export interface Bench {
  /** The bundle. */
  readonly unitledger: string;
  /** Other bundles, measured in the same turns: earlier versions, for example. */
  readonly against: readonly string[];
  readonly c: CPrograms;
  /** `http://…`, where exports go. */
  readonly collector: string;
  /** A folder of this run. */
  readonly folder: string;
  readonly quick: boolean;
  /** How often each thing is measured, where a part is not told otherwise. */
  readonly repeats: number;
}

/** Seconds between two samples: the program's default. */
export const INTERVAL_SECONDS = 0.5;
/** Seconds between two exports: the program's default. */
const EXPORT_SECONDS = 10;

/** How the program is started. */
interface Run {
  readonly exporter: 'none' | 'otlp';
  readonly intervalSeconds?: number;
  readonly exportSeconds?: number;
  /** `json` on standard output; none if not given. */
  readonly summary?: 'json';
}

/** The program's command line on some cgroups, after that of Node and its flags. */
export function programOn(bench: Bench, cgroups: readonly string[], run: Run): [string, ...string[]] {
  return programWith(
    bench,
    cgroups.flatMap((cgroup) => ['--cgroup', cgroup]),
    run,
  );
}

/** The same on any targets, and with any other options. */
export function programWith(
  { unitledger }: Bench,
  options: readonly string[],
  { exporter, intervalSeconds = INTERVAL_SECONDS, exportSeconds = EXPORT_SECONDS, summary }: Run,
): [string, ...string[]] {
  return [
    unitledger,
    ...options,
    ...['--interval', `${intervalSeconds}`, '--summary', summary ?? 'none'],
    ...['--export', exporter, '--export-interval', `${exportSeconds}`],
  ];
}

/** The name of another bundle as a contender next to one of this name. */
export function otherNamed(name: string, bundle: string): string {
  return `${name}: ${bundle}`;
}

/** The same bench with each of the other bundles as the program. */
export function benchesAgainst(bench: Bench): readonly Bench[] {
  return bench.against.map((unitledger) => ({ ...bench, unitledger }));
}

/** Node with the program's own flags, and what it is to run. */
export function withNode(program: readonly string[]): [string, ...string[]] {
  return [process.execPath, ...NODE_FLAGS, ...program];
}

/** The environment that has the program export to the bench's own collector. */
export function environmentOf({ collector }: Bench): Readonly<Record<string, string>> {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: collector };
}
