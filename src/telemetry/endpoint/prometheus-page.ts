import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Attributes } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import {
  ATTR_PROCESS_EXECUTABLE_NAME,
  ATTR_PROCESS_TITLE,
} from '@opentelemetry/semantic-conventions/incubating';
import { escapeUnseen, escapeUnseenApart } from '../../text/printable.ts';
import { type Accepts, acceptedItems, acceptsGzip } from './accepts.ts';
import type { Page } from './http-endpoint.ts';
import { openMetricsText } from './openmetrics.ts';
import { labelsOf, prometheusName } from './prometheus-names.ts';

/** The text formats of `/metrics`; OpenMetrics without and with the start of each series. */
type Format = 'prometheus' | 'openmetrics' | 'openmetrics-created';

/** Of Prometheus's text format, version 0.0.4. */
const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text';
/** Versions of OpenMetrics text for which the page is valid. A client that names none gets the first. */
const OPENMETRICS_VERSIONS = ['1.0.0', '0.0.1'];
/** The endpoint runs on the measured machine: low CPU matters more than the last tenth of the size. */
const GZIP_LEVEL = constants.Z_BEST_SPEED;
const gzipped = promisify(gzip);

/**
 * Points have no timestamps: with one, Prometheus would not mark an ended series as stale, and would continue
 * to show it for five minutes. No series has the scope, so an upgrade does not start new series.
 */
const SERIALIZER = new PrometheusSerializer(undefined, false, undefined, false, true);

/**
 * One window as text. Its points must be cumulative, with explicit buckets in histograms. Text of processes has its
 * control characters escaped, because people read the page in terminals, too.
 */
function pageText({ resource: given, scopeMetrics }: ResourceMetrics, format: Format): string {
  const resource = resourceFromAttributes(labelsOf(given.attributes));
  const renamed = scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(renamedMetric) }));
  if (format !== 'prometheus') {
    return openMetricsText({ resource, scopeMetrics: renamed }, format === 'openmetrics-created');
  }
  const text = SERIALIZER.serialize({ resource, scopeMetrics: renamed });
  return text.endsWith('\n') ? text : `${text}\n`;
}

const NOTHING_YET: Readonly<Record<Format, Buffer>> = {
  prometheus: Buffer.from('# no metrics yet: the first are here after one --export-interval\n'),
  openmetrics: Buffer.from('# EOF\n'),
  'openmetrics-created': Buffer.from('# EOF\n'),
};

/** One format of the page of a window; each encoding is made once, on request. */
class FormattedPage {
  readonly #format: Format;
  #shown: ResourceMetrics | null = null;
  #body: Buffer;
  #gzipped: Promise<Buffer> | null = null;

  constructor(format: Format) {
    this.#format = format;
    this.#body = NOTHING_YET[format];
  }

  body(window: ResourceMetrics | null): Buffer {
    if (window !== null && window !== this.#shown) {
      this.#body = Buffer.from(pageText(window, this.#format));
      this.#gzipped = null;
      this.#shown = window;
    }
    return this.#body;
  }

  /** Compressed outside of the main thread. */
  gzipped(window: ResourceMetrics | null): Promise<Buffer> {
    const body = this.body(window);
    this.#gzipped ??= gzipped(body, { level: GZIP_LEVEL });
    return this.#gzipped;
  }
}

/** The page of the newest closed window, in the format and encoding that a client accepts. */
export class PrometheusPage {
  readonly #lastWindow: () => ResourceMetrics | null;
  readonly #formats = {
    prometheus: new FormattedPage('prometheus'),
    openmetrics: new FormattedPage('openmetrics'),
    'openmetrics-created': new FormattedPage('openmetrics-created'),
  };

  constructor(lastWindow: () => ResourceMetrics | null) {
    this.#lastWindow = lastWindow;
  }

  /** In Prometheus's text format, without compression. */
  get body(): Buffer {
    return this.#formats.prometheus.body(this.#lastWindow());
  }

  /**
   * OpenMetrics text only if the client prefers it to plain text, and gzip only if the client decodes it. OpenMetrics text has
   * `_created` only if the query has `created=1`: Prometheus without created-timestamp zero ingestion accepts the format, too,
   * and stores each `_created` as one more series.
   */
  async answer({ types, encodings }: Accepts, query: string): Promise<Page> {
    const version = openMetricsVersion(types);
    const hasCreated = new URLSearchParams(query).get('created') === '1';
    const openmetrics = hasCreated ? 'openmetrics-created' : 'openmetrics';
    const page = this.#formats[version === null ? 'prometheus' : openmetrics];
    const contentType =
      version === null ? PROMETHEUS_CONTENT_TYPE : `${OPENMETRICS}; version=${version}; charset=utf-8`;
    const isGzip = acceptsGzip(encodings);
    const window = this.#lastWindow();
    const body = isGzip ? await page.gzipped(window) : page.body(window);
    const headers = { vary: 'Accept, Accept-Encoding', ...(isGzip && { 'content-encoding': 'gzip' }) };
    return { status: 200, contentType, body, headers };
  }
}

/** The version of OpenMetrics to answer an Accept header with; null: Prometheus's text format. */
function openMetricsVersion(types: string | undefined): string | null {
  for (const { value, parameters, quality } of acceptedItems(types)) {
    if (quality === 0) break;
    const version = parameters.get('version');
    if (value === OPENMETRICS) {
      const fit = OPENMETRICS_VERSIONS.find((each) => version === undefined || version === each);
      if (fit !== undefined) return fit;
    } else if (isPlainText(value) && (version === undefined || version === '0.0.4')) return null;
  }
  return null;
}

function isPlainText(type: string): boolean {
  return type === 'text/plain' || type === 'text/*' || type === '*/*';
}

function renamedMetric(metric: MetricData): MetricData {
  const { name, unit, description } = metric.descriptor;
  const isGauge = metric.dataPointType === DataPointType.GAUGE;
  return {
    ...metric,
    // The unit is in the name; only OpenMetrics has a line for it.
    descriptor: { ...metric.descriptor, name: prometheusName(name, unit, isGauge), unit: '', description },
    dataPoints: metric.dataPoints.map((point) => ({ ...point, attributes: shown(point.attributes) })),
  } as MetricData;
}

/** Chosen by processes, and all that distinguishes two series of a unit: an escaped name must not equal another name. */
const NAMES: readonly string[] = [ATTR_PROCESS_EXECUTABLE_NAME, ATTR_PROCESS_TITLE];

function shown(attributes: Attributes): Attributes {
  let escaped: Attributes | undefined;
  for (const key in attributes) {
    const value = attributes[key];
    if (typeof value !== 'string') continue;
    const text = NAMES.includes(key) ? escapeUnseenApart(value) : escapeUnseen(value);
    if (text === value) continue;
    escaped ??= { ...attributes };
    escaped[key] = text;
  }
  return escaped ?? attributes;
}
