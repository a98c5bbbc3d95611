import { BARE_NODE, WHOLE_PROGRAM } from '../../../bench/parts/memory.ts';
import { SAMPLING, WHOLE_OTLP } from '../../../bench/parts/scenario.ts';
import type { Stored, StoredParts } from '../../../bench/report/stored.ts';
import { spreadOf } from '../../../bench/spread.ts';

const MACHINE = [
  ['date', '2026-01-01T00:00:00.000Z'],
  ['kernel', 'Linux 6.18'],
  ['commit', 'abcdef0'],
] as const;

export function measured<R>(result: R): Stored<R> {
  return { command: 'npm run bench', machine: MACHINE, minutes: 1, result, leftOut: null };
}

export function leftOut(reason: string): Stored<never> {
  return { command: 'npm run bench', machine: MACHINE, minutes: 0, result: null, leftOut: reason };
}

/** Costs at 1,000 processes: multiples of the floor, for the whole program and for sampling. */
export function costs(busyEvery: number, whole: number, processes = 1000) {
  const figure = (contender: string, times: number) => ({
    contender,
    micros: spreadOf([times * 6]),
    overFloor: spreadOf([times]),
  });
  return {
    plan: { processes, busyEvery },
    figures: [figure('C floor', 1), figure(SAMPLING, whole * 0.8), figure(WHOLE_OTLP, whole)],
    warmUpSeconds: 60,
    ledgerShare: spreadOf([0.1]),
  };
}

export function memory(processes: number, megabytes: number, kernelMegabytes: number | null) {
  const of = (name: string, resident: number) => ({
    name,
    earlyBytes: resident * 1e6,
    residentBytes: resident * 1e6,
    peakBytes: resident * 1e6,
    charged: kernelMegabytes === null ? null : { bytes: resident * 1e6, kernelBytes: kernelMegabytes * 1e6 },
    cpu: 0.005,
  });
  return {
    plan: { processes, busyEvery: 0 },
    seconds: 30,
    programs: [of(BARE_NODE, 40), of(WHOLE_PROGRAM, megabytes)],
  };
}

/** A comparison with one peer; `ours`: our CPU divided by the peer's. */
export function peer(
  name: string,
  ours: number,
  missing: readonly string[] = [],
): NonNullable<StoredParts['peers']> {
  const figure = (of: string, share: number) => ({
    name: of,
    processesRead: 1000,
    roundMillis: spreadOf([2 / share]),
    micros: spreadOf([2 / share]),
    ours: spreadOf([share]),
  });
  return measured({
    plan: { processes: 1000, busyEvery: 10 },
    intervalSeconds: 1,
    figures: [figure('C floor', 0.3), figure('unitledger, OTLP every 10 s', 1), figure(name, ours)],
    leftOut: missing,
  });
}
