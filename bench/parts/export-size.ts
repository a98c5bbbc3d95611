import { type ExportRequest, pointsOf } from '../../test/end-to-end/otlp-request.ts';
import { type Bench, programOn, withNode } from '../bench.ts';
import { BodyServer } from '../body-server.ts';
import { Contender } from '../contender.ts';
import { startPopulation } from '../population.ts';

/** What a window of the same processes takes on the wire. */
export interface ExportSize {
  readonly processes: number;
  /** Data points of a window. */
  readonly points: number;
  readonly sizes: readonly { readonly form: string; readonly bytes: number }[];
}

const FORMS = [
  { protocol: 'http/json', compression: 'none' },
  { protocol: 'http/json', compression: 'gzip' },
  { protocol: 'http/protobuf', compression: 'none' },
  { protocol: 'http/protobuf', compression: 'gzip' },
] as const;
const WINDOW_SECONDS = 2;
/** By the third window all series are there. */
const WINDOW = 3;

/** The same window of four runs on the same processes, each in another form. */
export async function measureExportSize(bench: Bench): Promise<ExportSize> {
  const processes = 1000;
  const population = await startPopulation(bench.c.population, { processes, busyEvery: 1 });
  try {
    const bodies: Buffer[] = [];
    for (const form of FORMS) bodies.push(await windowOf(bench, population.path, form));
    // Only JSON is read: it says how many points the same window has in each of the forms.
    const points = pointsOf(JSON.parse(bodies[0]!.toString('utf8')) as ExportRequest).length;
    const sizes = FORMS.map(({ protocol, compression }, index) => ({
      form: compression === 'none' ? protocol : `${protocol}, ${compression}`,
      bytes: bodies[index]!.length,
    }));
    return { processes, points, sizes };
  } finally {
    await population.end();
  }
}

async function windowOf(
  bench: Bench,
  cgroup: string,
  { protocol, compression }: (typeof FORMS)[number],
): Promise<Buffer> {
  const server = await BodyServer.open();
  const program = Contender.start({
    name: `export by ${protocol}`,
    argv: withNode(programOn(bench, [cgroup], { exporter: 'otlp', exportSeconds: WINDOW_SECONDS })),
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_COMPRESSION: compression,
    },
  });
  try {
    return (await server.bodies(WINDOW))[WINDOW - 1]!;
  } finally {
    await program.end();
    server.close();
  }
}
