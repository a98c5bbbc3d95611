import { accessSync, constants, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DoctorConfig } from '../../config/commands/doctor.ts';
import { limitText } from '../../telemetry/export/limit-text.ts';
import { MOST_MEMORY_BYTES } from '../../telemetry/export/open-delivery.ts';
import { otlpTransports } from '../../telemetry/export/open-transport.ts';
import { ENCODINGS } from '../../telemetry/export/otlp-encoding.ts';
import { describeRoute, type ProxyRoute } from '../../telemetry/export/proxy/proxy-route.ts';
import { TelemetrySetupError } from '../../telemetry/export/setup-error.ts';
import { SIGNALS, type SignalName } from '../../telemetry/export/signal.ts';
import { checkSpoolDirectory } from '../../telemetry/export/spool/spool-directory.ts';
import { type EndpointTrial, tryEndpoint } from '../../telemetry/export/try-endpoint.ts';
import { whyFileFails } from '../../text/file-fault.ts';
import { printable } from '../../text/printable.ts';
import type { CommandContext } from '../command-context.ts';
import { VERSION } from '../version.ts';
import { type Check, everywhere, type Fix, fail, ok, warn } from './check.ts';

/** In seconds. Beyond it, a backend shows points at visibly wrong times. */
const CLOCK_OFF_SECONDS = 5;
/** In seconds. Beyond it, many backends refuse points (Prometheus, Datadog; some earlier). */
const CLOCK_WRONG_SECONDS = 3600;

/** Checks that the spool directory can buffer windows. */
export function checkSpool(directory: string, bytes: number): Check {
  const name = 'spool';
  const shown = printable(directory);
  const fix = {
    docker: `a volume at ${shown}: -v unitledger-spool:${shown}`,
    kubernetes: `a volume at ${shown} (in the chart: spool.type)`,
    host: `a directory that this user may write to; in a unit StateDirectory=unitledger and --spool-dir /var/lib/unitledger`,
  };
  const place = nearest(directory);
  if (place === null)
    return fail(name, `${shown} is not writable`, 'a run with --spool-dir does not start', fix);
  const fault = faultOf(directory);
  if (fault !== null) return fail(name, `${shown} ${fault}`, 'a run with --spool-dir does not start', fix);
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  const found = `${shown}: ${mebibytes(free)} MiB free, --spool-size allows ${mebibytes(bytes)} MiB`;
  if (free >= bytes) return ok(name, found);
  return warn(
    name,
    found,
    'when the file system is full, the oldest windows are dropped',
    everywhere('more room there, or a smaller --spool-size'),
  );
}

/** The reason why a run refuses the directory, as words that follow its name; null if it accepts it. */
function faultOf(directory: string): string | null {
  try {
    checkSpoolDirectory(directory);
    return null;
  } catch (error) {
    const why = whyFileFails(error, 'read');
    if (why === null) throw error;
    return why;
  }
}

/** The directory, or its nearest existing parent, if it is writable. */
function nearest(directory: string): string | null {
  for (let path = directory; ; path = dirname(path)) {
    try {
      accessSync(path, constants.W_OK | constants.X_OK);
      return path;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' || path === dirname(path)) return null;
    }
  }
}

function mebibytes(bytes: number): string {
  return Math.floor(bytes / 1024 / 1024).toString();
}

/** What of an endpoint is for one signal. */
interface CheckedSignal {
  readonly signal: SignalName;
  readonly timeoutSeconds: number;
  /** Put before the names of its checks. */
  readonly prefix: string;
  readonly fix: Fix;
}

/** Checks that the collector accepts requests with the configured credentials, and compares the clocks. */
export async function checkEndpoints(
  config: DoctorConfig,
  context: Pick<CommandContext, 'clock' | 'log'>,
): Promise<readonly Check[]> {
  const { exporters, exportTimeoutSeconds: timeoutSeconds, traces } = config;
  const signals: CheckedSignal[] = [];
  if (exporters.includes('otlp'))
    signals.push({ signal: 'metrics', timeoutSeconds, prefix: '', fix: METRICS_FIX });
  if (traces?.exporters.includes('otlp'))
    signals.push({ ...traces, signal: 'traces', prefix: 'traces ', fix: TRACES_FIX });
  const checks = await Promise.all(signals.map((each) => checkEndpoint(each, config, context)));
  return checks.flat();
}

async function checkEndpoint(
  { signal, timeoutSeconds, prefix, fix }: CheckedSignal,
  config: DoctorConfig,
  { clock, log }: Pick<CommandContext, 'clock' | 'log'>,
): Promise<readonly Check[]> {
  const { otlpEnvironment: environment, usesProxy, otlpHeadersFile } = config;
  const name = `${prefix}endpoint`;
  let date: string | undefined;
  let trial: EndpointTrial;
  let target: string;
  let route: ProxyRoute;
  try {
    const heardDate = (text: string | undefined) => {
      date = text;
    };
    const transports = otlpTransports({
      ...{ signal, environment, usesProxy, version: VERSION, unixMillis: clock.unixMillis, log },
      headersFile: otlpHeadersFile ?? null,
      heardDate,
    });
    const encoding = ENCODINGS[transports.encoding];
    // The encoding of the empty window depends on the protocol.
    const transport = transports.open(transports.encoding)!;
    target = transport.target;
    route = transports.route;
    trial = await tryEndpoint(signal, { encoding, transport }, timeoutSeconds, clock.monotonicSeconds);
  } catch (error) {
    if (!(error instanceof TelemetrySetupError)) throw error;
    return [fail(name, printable(error.message), 'a run does not start', everywhere('correct the variable'))];
  }
  const { answer, seconds } = trial;
  const shown = printable(target);
  const others = [
    routeCheck(`${prefix}route`, route),
    ...clockCheck(`${prefix}clock`, date, clock.unixMillis()),
  ];
  if (answer.kind === 'accepted') {
    const remark = answer.remark === null ? '' : `, with the warning: ${answer.remark}`;
    return [
      ok(name, `${shown} accepted an empty request in ${(seconds * 1000).toFixed(0)} ms${remark}`),
      ...others,
    ];
  }
  const meaning =
    answer.kind === 'unavailable'
      ? `nothing is delivered: ${SIGNALS[signal].request[1]} are buffered, and dropped at a limit: ${limitsOf(config)}`
      : `the collector rejects ${SIGNALS[signal].request[1]}`;
  return [fail(name, `${shown}: ${answer.reason}`, meaning, fix), ...others];
}

const TRACES_FIX = everywhere(
  'OTEL_EXPORTER_OTLP_ENDPOINT with the address of a collector that has a pipeline for traces, or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT if traces go to another one than metrics; to send no spans, leave out --traces',
);

const METRICS_FIX = {
  docker:
    '-e OTEL_EXPORTER_OTLP_ENDPOINT=http://COLLECTOR:4318, on a network that reaches it; credentials by -e OTEL_EXPORTER_OTLP_HEADERS; without a collector: --export none',
  kubernetes:
    'export.endpoint of the chart, credentials by export.headersSecret, CA certificates by export.caSecret; a NetworkPolicy must let the pods reach it; without a collector: --export none',
  host: 'OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS and OTEL_EXPORTER_OTLP_CERTIFICATE in the environment of the program; without a collector: --export none',
};

/** The limits beyond which windows are dropped, in the words of the log. */
function limitsOf({ spoolDirectory, spoolBytes, spoolAgeSeconds }: DoctorConfig): string {
  const limits = {
    ageSeconds: spoolAgeSeconds,
    diskBytes: spoolBytes,
    memoryBytes: MOST_MEMORY_BYTES,
  };
  const reasons = spoolDirectory === undefined ? (['age', 'memory'] as const) : (['age', 'disk'] as const);
  return reasons.map((reason) => limitText(reason, limits)).join(', or ');
}

/** The route of requests. An unusable proxy variable means no proxy. */
function routeCheck(name: string, route: ProxyRoute): Check {
  const found = describeRoute(route);
  if (route.warning === null) return ok(name, found);
  return warn(
    name,
    found,
    route.warning,
    everywhere('set the variable to http://HOST:PORT, or --otlp-proxy none'),
  );
}

/** Compares with the `Date` of the collector's answer, if it has one. */
function clockCheck(name: string, date: string | undefined, nowUnixMillis: number): readonly Check[] {
  const theirs = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirs)) return [];
  const offSeconds = Math.round((nowUnixMillis - theirs) / 1000);
  const size = Math.abs(offSeconds);
  if (size <= CLOCK_OFF_SECONDS) return [ok(name, "agrees with the collector's")];
  const found = `${size} s ${offSeconds > 0 ? 'ahead of' : 'behind'} the collector's`;
  const fix = everywhere('synchronise the clocks of both hosts: timedatectl set-ntp true');
  return [
    size > CLOCK_WRONG_SECONDS
      ? fail(name, found, 'backends refuse points with such times', fix)
      : warn(name, found, 'points have wrong times', fix),
  ];
}
