import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { ListenAddress } from '../../config/config.ts';
import type { RunDocument } from '../../ledger/document/run-document.ts';
import type { EventStream } from '../../telemetry/endpoint/event-stream.ts';
import { HttpEndpoint } from '../../telemetry/endpoint/http-endpoint.ts';
import type { Log } from '../../text/log.ts';
import type { PageAssets } from '../../views/page/bundle.ts';
import { type FeedSource, PageFeed } from '../../views/page/feed/page-feed.ts';
import type { PageFacts } from '../../views/page/model/build-model.ts';
import type { PageHistory } from '../../views/page/model/page-history.ts';
import { renderLivePage } from '../../views/page/render-report.ts';
import type { AllowedClients } from './open-endpoint.ts';

/** Seconds in which clients must have received the end of the run. */
const LAST_MILLIS = 1_000;

/** The live page of a run. */
export interface Web {
  readonly feed: PageFeed;
  /** Sends the end of the run to clients, and stops. */
  close(document: RunDocument, facts: PageFacts): Promise<void>;
}

/**
 * Serves the page at `address`, to requests by an IP address, localhost, this machine's name or one of `hosts`. Throws
 * TelemetrySetupError if it cannot listen there.
 */
export async function openWeb(
  address: ListenAddress,
  { hosts, connections }: AllowedClients,
  history: PageHistory,
  source: FeedSource,
  assets: PageAssets,
  log: Log,
): Promise<Web> {
  const feed = new PageFeed(history, source);
  const streamKey = randomBytes(16).toString('base64url');
  const { page, policy } = renderLivePage(assets, source.facts.hostName ?? 'live', streamKey);
  const headers = {
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  };
  const take = (stream: EventStream) => {
    feed.join(stream);
    stream.onClose(() => feed.leave(stream));
  };
  const endpoint = await HttpEndpoint.open(
    address,
    { '/': () => ({ status: 200, contentType: 'text/html; charset=utf-8', body: page, headers }) },
    { hosts: [hostname(), ...hosts], connections, streams: { '/events': take }, streamKey },
  );
  log.info({ url: endpoint.url }, `showing this run at ${endpoint.url}`);
  return {
    feed,
    async close(document, facts) {
      feed.end(document, facts);
      await endpoint.endStreams(LAST_MILLIS);
      endpoint.close();
    },
  };
}
