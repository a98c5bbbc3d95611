/**
 * An OTLP metrics request in JSON, as printed by the receiver of the tests: 64-bit integers are strings, enumerations
 * are names, default values are omitted. OTLP/JSON itself has numbers for enumerations, and may have them for integers.
 */
export interface ExportRequest {
  readonly resourceMetrics: readonly {
    readonly schemaUrl?: string;
    readonly resource: { readonly attributes?: readonly KeyValue[] };
    readonly scopeMetrics: readonly {
      readonly schemaUrl?: string;
      readonly scope: { readonly name: string; readonly version?: string };
      readonly metrics: readonly OtlpMetric[];
    }[];
  }[];
}

interface KeyValue {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: string | number;
    readonly doubleValue?: number;
    readonly boolValue?: boolean;
  };
}

interface OtlpMetric {
  readonly name: string;
  readonly unit?: string;
  readonly description?: string;
  readonly sum?: {
    readonly aggregationTemporality: string | number;
    readonly isMonotonic?: boolean;
  } & OtlpPoints;
  readonly gauge?: OtlpPoints;
  readonly histogram?: { readonly aggregationTemporality: string | number } & OtlpPoints;
  readonly exponentialHistogram?: { readonly aggregationTemporality: string | number } & OtlpPoints;
}

interface OtlpPoints {
  readonly dataPoints?: readonly OtlpPoint[];
}

interface OtlpPoint {
  readonly attributes?: readonly KeyValue[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano: string;
  readonly asDouble?: number | string;
  readonly asInt?: string | number;
  /** 1: no recorded value. */
  readonly flags?: number;
  readonly count?: string | number;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly bucketCounts?: readonly (string | number)[];
  readonly explicitBounds?: readonly number[];
}

/** One data point with its metric. */
export interface ReceivedPoint {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'sum' | 'gauge' | 'histogram' | 'exponentialHistogram';
  readonly temporality: 'cumulative' | 'delta' | null;
  readonly monotonic: boolean;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly startUnixMillis: number;
  readonly unixMillis: number;
  /** It has no value: the end of the series. */
  readonly ends: boolean;
  /** Value of a sum or gauge; NaN for a histogram. */
  readonly value: number;
  /** The original point: counts of a histogram, `asInt` or `asDouble`. */
  readonly raw: OtlpPoint;
}

/** All points of a request, in order: values, zero values that begin series, and ends of series. */
export function allPointsOf(request: ExportRequest): ReceivedPoint[] {
  return request.resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) => metrics.flatMap(pointsOfMetric)),
  );
}

/** The values of a request with one window, in order: each series once. */
export function pointsOf(request: ExportRequest): ReceivedPoint[] {
  const points = allPointsOf(request);
  const end = points.reduce(
    (latest, { unixMillis, ends }) => (ends ? latest : Math.max(latest, unixMillis)),
    0,
  );
  return points.filter(({ unixMillis, ends }) => unixMillis === end && !ends);
}

/**
 * All values of a point in a normal form, independent of the notation of integers: for comparing sent and received
 * points.
 */
export function sayingOf({ raw, ...point }: ReceivedPoint): string {
  const { startTimeUnixNano = '0', timeUnixNano, count, sum, min, max, bucketCounts, explicitBounds } = raw;
  const attributes = Object.entries(point.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  const times = [startTimeUnixNano, timeUnixNano].map(String);
  const histogram = [Number(count ?? 0), sum, min, max, bucketCounts?.map(Number), explicitBounds];
  return JSON.stringify([
    ...[
      point.name,
      point.unit,
      point.kind,
      point.temporality,
      point.monotonic,
      point.ends,
      attributes,
      times,
    ],
    ...(point.kind === 'histogram' ? histogram : [point.value]),
  ]);
}

/** The resource attributes of a request with one resource. */
export function resourceOf(request: ExportRequest): Readonly<Record<string, string | number | boolean>> {
  const [only, ...more] = request.resourceMetrics;
  if (only === undefined || more.length > 0) throw new Error(`${request.resourceMetrics.length} resources`);
  return attributesOf(only.resource.attributes);
}

function pointsOfMetric(metric: OtlpMetric): ReceivedPoint[] {
  for (const kind of ['sum', 'gauge', 'histogram', 'exponentialHistogram'] as const) {
    const data = metric[kind];
    if (data === undefined) continue;
    const temporality = 'aggregationTemporality' in data ? temporalityOf(data.aggregationTemporality) : null;
    const monotonic = 'isMonotonic' in data && data.isMonotonic === true;
    return (data.dataPoints ?? []).map((raw) => ({
      name: metric.name,
      unit: metric.unit ?? '',
      kind,
      temporality,
      monotonic,
      attributes: attributesOf(raw.attributes),
      startUnixMillis: millisOf(raw.startTimeUnixNano ?? '0'),
      unixMillis: millisOf(raw.timeUnixNano),
      ends: raw.flags === 1,
      value: Number(raw.asInt ?? raw.asDouble ?? Number.NaN),
      raw,
    }));
  }
  throw new Error(`${metric.name} has no data`);
}

function temporalityOf(name: string | number): 'cumulative' | 'delta' {
  if (name === 'AGGREGATION_TEMPORALITY_CUMULATIVE' || name === 2) return 'cumulative';
  if (name === 'AGGREGATION_TEMPORALITY_DELTA' || name === 1) return 'delta';
  throw new Error(`temporality ${name}`);
}

function attributesOf(list: readonly KeyValue[] = []): Record<string, string | number | boolean> {
  return Object.fromEntries(
    list.map(({ key, value }) => {
      const { stringValue, intValue, doubleValue, boolValue } = value;
      return [
        key,
        stringValue ?? (intValue === undefined ? undefined : Number(intValue)) ?? doubleValue ?? boolValue!,
      ];
    }),
  );
}

/** To the microsecond: the precision of a double for a time in nanoseconds. */
function millisOf(unixNanos: string): number {
  return Number(BigInt(unixNanos) / 1000n) / 1000;
}
