import { parseArgs } from 'node:util';
import { writePart } from './report/stored.ts';
import { soakPage, writeSoak } from './soak/page.ts';
import type { SoakRecord } from './soak/record.ts';
import { type SoakPlan, soak } from './soak/run.ts';
import { typedCommand } from './typed-command.ts';

const usage = `npm run bench:soak [-- --minutes N] [--new-per-second N] [--steady N] [--output FOLDER]
                       [-- OPTION...]

Tracks a cgroup for an hour, in which 200 processes per second start next to 1,000 permanent ones. Exports to a Collector
(npm run test:install-backends; without one, to a simple receiver). Writes SOAK.md, its plots and data/soak.json to FOLDER
(bench/), once a minute and at the end; after an interruption, they describe the time until then. Needs root, cgroup v2 and
a C compiler. Options after a second -- are for unitledger: -- --minutes 20 -- --summary-rows 500.

Use a machine without other work. Started with nice -n -10, unitledger and the receiver have priority over the load. If the
kernel groups CPU by session (sched(7), autogroup), other work is not held back by that: write 19 to its
/proc/PID/autogroup.`;

async function write(folder: string, record: SoakRecord): Promise<void> {
  writePart(folder, 'soak', record);
  await writeSoak(folder, record);
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

function readPlan(): (SoakPlan & { readonly output: string }) | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '60' },
      'new-per-second': { type: 'string', default: '200' },
      steady: { type: 'string', default: '1000' },
      output: { type: 'string', default: import.meta.dirname },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return undefined;
  }
  const [minutes, newPerSecond, steady] = [values.minutes, values['new-per-second'], values.steady].map(
    Number,
  );
  if (!(minutes! > 0)) throw new RangeError(`--minutes is "${values.minutes}"; it takes a number above 0.`);
  for (const [name, value] of [
    ['new-per-second', newPerSecond!],
    ['steady', steady!],
  ] as const) {
    if (!(Number.isInteger(value) && value >= 1 && value <= 100_000)) {
      throw new RangeError(`--${name} is "${values[name]}"; it takes a whole number from 1 to 100000.`);
    }
  }
  const command = typedCommand('bench:soak', process.argv.slice(2));
  const options = positionals;
  return {
    options,
    minutes: minutes!,
    newPerSecond: newPerSecond!,
    steady: steady!,
    output: values.output,
    command,
  };
}

try {
  const plan = readPlan();
  if (plan !== undefined) {
    const record = await soak(plan, (record) => write(plan.output, record));
    await write(plan.output, record);
    console.log(soakPage(record));
  }
} catch (error) {
  say((error as Error).message);
  process.exitCode =
    error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
