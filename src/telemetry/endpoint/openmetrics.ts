import type { Attributes, AttributeValue, HrTime } from '@opentelemetry/api';
import {
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

/**
 * One window in OpenMetrics 1.0 text. Metrics must have their Prometheus names, without `_total`. With `hasCreated`, counters
 * and histograms have the start of each series as `_created`, in seconds since the epoch.
 */
export function openMetricsText({ resource, scopeMetrics }: ResourceMetrics, hasCreated: boolean): string {
  const lines = ['# HELP target Target metadata', '# TYPE target info'];
  lines.push(sampleLine('target_info', resource.attributes, '1'));
  for (const { metrics } of scopeMetrics) {
    for (const metric of metrics) addFamily(lines, metric, hasCreated);
  }
  lines.push('# EOF', '');
  return lines.join('\n');
}

function addFamily(lines: string[], metric: MetricData, hasCreated: boolean): void {
  const { name, description } = metric.descriptor;
  const head = (type: string) =>
    lines.push(`# HELP ${name} ${escaped(description)}`, `# TYPE ${name} ${type}`);
  switch (metric.dataPointType) {
    case DataPointType.SUM: {
      head(metric.isMonotonic ? 'counter' : 'gauge');
      for (const { attributes, value, startTime } of metric.dataPoints) {
        lines.push(sampleLine(metric.isMonotonic ? `${name}_total` : name, attributes, number(value)));
        if (metric.isMonotonic && hasCreated) lines.push(createdLine(name, attributes, startTime));
      }
      break;
    }
    case DataPointType.GAUGE:
      head('gauge');
      for (const { attributes, value } of metric.dataPoints)
        lines.push(sampleLine(name, attributes, number(value)));
      break;
    case DataPointType.HISTOGRAM:
      head('histogram');
      for (const point of metric.dataPoints) {
        addHistogram(lines, name, point);
        if (hasCreated) lines.push(createdLine(name, point.attributes, point.startTime));
      }
      break;
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      throw new TypeError(`${name} has exponential buckets, which OpenMetrics text does not have`);
  }
}

function addHistogram(lines: string[], name: string, point: DataPoint<Histogram>): void {
  const { attributes, value } = point;
  const { boundaries, counts } = value.buckets;
  let below = 0;
  for (const [i, count] of counts.entries()) {
    below += count;
    const le = i < boundaries.length ? canonical(boundaries[i]!) : '+Inf';
    lines.push(sampleLine(`${name}_bucket`, { ...attributes, le }, String(below)));
  }
  lines.push(
    sampleLine(`${name}_count`, attributes, String(value.count)),
    sampleLine(`${name}_sum`, attributes, number(value.sum ?? 0)),
  );
}

function sampleLine(name: string, attributes: Attributes, value: string): string {
  const labels = Object.entries(attributes).map(([key, each]) => `${labelName(key)}="${labelValue(each)}"`);
  return labels.length === 0 ? `${name} ${value}` : `${name}{${labels.join(',')}} ${value}`;
}

/** Names labels like the SDK's serializer of the older format, so that series are the same in both. */
function labelName(key: string): string {
  return key.replace(/[^a-zA-Z0-9_]/g, '_').replace(/_{2,}/g, '_');
}

function labelValue(value: AttributeValue | undefined): string {
  return escaped(typeof value === 'string' ? value : JSON.stringify(value ?? ''));
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

/** A bound in the canonical form of OpenMetrics: whole numbers end with `.0`. */
function canonical(bound: number): string {
  const text = String(bound);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function createdLine(name: string, attributes: Attributes, [seconds, nanos]: HrTime): string {
  return sampleLine(`${name}_created`, attributes, `${seconds}.${String(nanos).padStart(9, '0')}`);
}
