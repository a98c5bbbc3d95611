import type { ArrivedWindow, Sighting, SoakRecord } from '../../../bench/soak/record.ts';

const MEBIBYTE = 2 ** 20;

/** An hour of a program whose memory and coverage are given per minute by `residentOf` and `coverageOf`. */
export function soakRecord(
  residentOf: (minute: number) => number,
  coverageOf: (minute: number) => number | null = () => 1,
): SoakRecord {
  const moments = Array.from({ length: 360 }, (_, index) => (index + 1) / 6);
  const sightings = moments.map(
    (minutes): Sighting => ({
      minutes,
      residentBytes: residentOf(minutes) * MEBIBYTE,
      chargedBytes: null,
      cpuSeconds: minutes * 0.6,
    }),
  );
  const windows = moments.map(
    (minutes, index): ArrivedWindow => ({
      minutes,
      coverage: coverageOf(minutes),
      missedTicks: 0,
      delivered: index,
      lost: 0,
      points: 200,
      processes: 1100,
    }),
  );
  return {
    command: 'npm run bench:soak',
    machine: [['kernel', 'Linux 6.18']],
    newPerSecond: 200,
    steady: 1000,
    niceness: 0,
    collector: 'a receiver of its own',
    minutes: 60,
    sightings,
    windows,
    end: { samples: 7200, missedSamples: 0, coverage: 1, delivered: 360, failed: 0, started: 720_000 },
  };
}
