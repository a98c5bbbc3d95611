import type { Attributes } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { escapeUnseen } from '../../text/printable.ts';
import { prometheusName } from './prometheus-names.ts';

/** Of Prometheus's text format, version 0.0.4. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Points have no time of their own: with one, Prometheus would not mark a series that is gone as stale, and would go
 * on showing it for five minutes. The scope is on no series, so that an upgrade does not begin all of them anew.
 */
const SERIALIZER = new PrometheusSerializer(undefined, false, undefined, false, true);

/**
 * One window in Prometheus's text format. Its points must be cumulative, and its histograms have explicit buckets. Text
 * of processes has its control characters escaped: people look at such a page in terminals, too.
 */
function prometheusPage({ resource, scopeMetrics }: ResourceMetrics): string {
  const renamed = scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(renamedMetric) }));
  const text = SERIALIZER.serialize({ resource, scopeMetrics: renamed });
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** The page of the window that closed last, made once a window, and only if someone asks. */
export class PrometheusPage {
  readonly #lastWindow: () => ResourceMetrics | null;
  #shown: ResourceMetrics | null = null;
  #body: Buffer = NOTHING_YET;

  constructor(lastWindow: () => ResourceMetrics | null) {
    this.#lastWindow = lastWindow;
  }

  get body(): Buffer {
    const window = this.#lastWindow();
    if (window !== null && window !== this.#shown) {
      this.#body = Buffer.from(prometheusPage(window));
      this.#shown = window;
    }
    return this.#body;
  }
}

const NOTHING_YET = Buffer.from('# no window has closed yet\n');

function renamedMetric(metric: MetricData): MetricData {
  const { name, unit, description } = metric.descriptor;
  const isGauge = metric.dataPointType === DataPointType.GAUGE;
  return {
    ...metric,
    // The unit is in the name; a line for it is known to OpenMetrics alone.
    descriptor: { ...metric.descriptor, name: prometheusName(name, unit, isGauge), unit: '', description },
    dataPoints: metric.dataPoints.map((point) => ({ ...point, attributes: shown(point.attributes) })),
  } as MetricData;
}

function shown(attributes: Attributes): Attributes {
  let escaped: Attributes | undefined;
  for (const key in attributes) {
    const value = attributes[key];
    if (typeof value !== 'string') continue;
    const text = escapeUnseen(value);
    if (text === value) continue;
    escaped ??= { ...attributes };
    escaped[key] = text;
  }
  return escaped ?? attributes;
}
