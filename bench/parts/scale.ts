import { gzipSync } from 'node:zlib';
import { type ExportRequest, pointsOf } from '../../test/end-to-end/otlp-request.ts';
import { type Bench, programWith, withNode } from '../bench.ts';
import { BodyServer } from '../body-server.ts';
import { ChargedMemory } from '../charged-memory.ts';
import { Contender } from '../contender.ts';
import { type PopulationPlan, startPopulation, UNITS_PATTERN } from '../population.ts';

/** One host with many units of one pattern. */
export interface Scale {
  readonly plan: PopulationPlan;
  readonly seriesBudget: number;
  /** Data points of a window, and what of it is about the program itself. */
  readonly points: number;
  readonly selfPoints: number;
  /** Of a window, OTLP/HTTP in protobuf: as it is, and with gzip. */
  readonly bytes: number;
  readonly gzipBytes: number;
  readonly residentBytes: number;
  readonly kernelBytes: number | null;
  /** Cores, over the later windows. */
  readonly cpu: number;
}

/** Room for all processes of 1,000 units of ten, which takes 148,108 (docs/scaling.md): nothing is folded. */
const SERIES_BUDGET = 150_000;
const WINDOW_SECONDS = 10;
const WINDOWS = 4;

/** What a unit and a process add to what a host sends and takes. */
export async function measureScale(bench: Bench): Promise<readonly Scale[]> {
  const plans = [
    { processes: 1000, busyEvery: 10, units: 100 },
    { processes: 10_000, busyEvery: 10, units: 1000 },
  ];
  const results = [];
  for (const plan of plans) {
    const population = await startPopulation(bench.c.population, plan);
    try {
      const json = await run(bench, 'http/json', 2);
      const points = pointsOf(JSON.parse(json.body.toString('utf8')) as ExportRequest);
      const { body, residentBytes, kernelBytes, cpu } = await run(bench, 'http/protobuf', WINDOWS);
      const selfPoints = points.filter(({ name }) => name.startsWith('unitledger.self.')).length;
      const sizes = { bytes: body.length, gzipBytes: gzipSync(body).length };
      const counts = { seriesBudget: SERIES_BUDGET, points: points.length, selfPoints };
      results.push({ plan, ...counts, ...sizes, residentBytes, kernelBytes, cpu });
    } finally {
      await population.end();
    }
  }
  return results;
}

/** The window of that number, and what the program took until then. */
async function run(bench: Bench, protocol: string, windows: number) {
  const server = await BodyServer.open();
  const charged = ChargedMemory.make();
  const options = ['--service', UNITS_PATTERN, '--series-budget', `${SERIES_BUDGET}`];
  const timing = { exporter: 'otlp', exportSeconds: WINDOW_SECONDS } as const;
  const argv = withNode(programWith(bench, options, timing));
  const program = Contender.start({
    name: `export by ${protocol}`,
    argv: charged?.wrap(argv) ?? argv,
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    },
  });
  try {
    // All series are there by the second.
    await server.bodies(2);
    const [start, cpu] = [performance.now(), program.cpuSeconds()];
    const bodies = await server.bodies(windows);
    return {
      body: bodies[windows - 1]!,
      residentBytes: program.memoryBytes().resident,
      kernelBytes: charged?.read()?.kernelBytes ?? null,
      cpu: ((program.cpuSeconds() - cpu) / (performance.now() - start)) * 1000,
    };
  } finally {
    await program.end();
    charged?.remove();
    server.close();
  }
}
