import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunDocument } from '../../src/ledger/document/run-document.ts';
import { type Bench, INTERVAL_SECONDS, programOn, withNode } from '../bench.ts';
import { Contender } from '../contender.ts';
import { FilledCgroup } from '../filled-cgroup.ts';
import { PlainSampler } from '../plain-sampler.ts';
import { startPopulation } from '../population.ts';
import { wait } from '../wait.ts';

/** How much of what a cgroup used is seen. */
export interface Coverage {
  readonly load: string;
  /** By the program; null where the cgroup used nothing. */
  readonly ledger: number | null;
  /** By a plain sampler in the same time, at the same interval. */
  readonly plain: number;
  readonly usedSeconds: number;
}

const SECONDS = 10;
/** The program has begun to sample by then. */
const START_SECONDS = 1;

export async function measureCoverage(bench: Bench): Promise<readonly Coverage[]> {
  const source = join(bench.folder, 'small.c');
  writeFileSync(source, 'int twice(int number) { return 2 * number; }\n');
  const loops = [
    { load: 'a shell that starts `/bin/true` and `/bin/ls`', loop: '/bin/true; /bin/ls / >/dev/null' },
    { load: 'a loop of the C compiler over a small file', loop: `cc -O1 -c -o /dev/null '${source}'` },
  ];
  const results: Coverage[] = [];
  for (const { load, loop } of loops) {
    const filled = await startPopulation(bench.c.population, { processes: 1, busyEvery: 0 });
    const storm = spawn('sh', ['-c', `echo $$ > "$0"; while :; do ${loop}; done`, filled.procs], {
      stdio: 'ignore',
    });
    const ended = once(storm, 'exit');
    try {
      results.push({ load, ...(await lookAt(bench, filled)) });
    } finally {
      storm.kill('SIGKILL');
      await ended;
      await filled.end();
    }
  }
  const filled = await FilledCgroup.fill([bench.c.churn], [100, 200]);
  try {
    results.push({
      load: '200 new processes per second next to 100 permanent ones',
      ...(await lookAt(bench, filled)),
    });
  } finally {
    await filled.end();
  }
  return results;
}

async function lookAt(bench: Bench, { path, directory }: FilledCgroup): Promise<Omit<Coverage, 'load'>> {
  await wait(START_SECONDS);
  const program = Contender.start({
    name: 'unitledger',
    argv: withNode(programOn(bench, [path], { exporter: 'none', summary: 'json' })),
    reports: true,
  });
  try {
    await wait(START_SECONDS);
    const plain = new PlainSampler(directory);
    plain.sample();
    for (let sample = 1; sample <= SECONDS / INTERVAL_SECONDS; sample++) {
      await wait(INTERVAL_SECONDS);
      plain.sample();
    }
    const { seen, used } = plain.totals();
    const document = JSON.parse(await program.end()) as RunDocument;
    return { ledger: document.units[0]!.cpu.coverage, plain: seen / used, usedSeconds: used };
  } finally {
    await program.end();
  }
}
