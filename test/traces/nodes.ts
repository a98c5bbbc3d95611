import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ProcessAccount } from '../../src/ledger/accounts/process-account.ts';
import { ProcessNode, type TraceRoot } from '../../src/traces/process-node.ts';
import type { SpanBatch, SpanContent } from '../../src/traces/span-data.ts';
import { newContext, newSpanId } from '../../src/traces/trace-context.ts';

export function rootNamed(unit: string): TraceRoot {
  return {
    context: newContext(null),
    parent: null,
    unit,
    place: 0,
    zeroUnixMillis: 1_700_000_000_000,
    startSeconds: 0,
    endSeconds: 100,
    endSource: 'run_end',
    cpuSeconds: 1,
    processes: 0,
    exitCode: null,
  };
}

export interface MadeNode {
  readonly parent?: ProcessNode | null;
  readonly root: TraceRoot;
  readonly name: string;
  readonly pid?: number;
  readonly from?: number;
  readonly to: number;
  readonly cpuSeconds?: number;
  readonly exitCode?: number | null;
  readonly command?: string | null;
}

/** A process that has ended. */
export function endedNode(made: MadeNode): ProcessNode {
  const { root, name, parent = null, pid = 10, from = 0, to, cpuSeconds = 0.5 } = made;
  const node = new ProcessNode({
    ...{ root, parent, pid, name, executable: name, spanId: newSpanId(), startSeconds: from },
    parentPid: parent?.pid ?? 1,
    startSource: 'start_time',
  });
  const account = {
    exitCode: made.exitCode ?? null,
    identity: { command: made.command ?? null, startedUnixMillis: 1000 },
    cpuSeconds,
    reapedCpuSeconds: 0.25,
    peakMemoryBytes: 4096,
    diskBytes: 512,
    transferBytes: null,
  };
  node.end(to, 'sample', account as unknown as ProcessAccount);
  return node;
}

/** A request with these spans. */
export function spansOf(...contents: readonly SpanContent[]): SpanBatch {
  const around = {
    resource: resourceFromAttributes(
      { 'service.name': 'unitledger' },
      { schemaUrl: 'https://schema.test/1' },
    ),
    scope: { name: 'unitledger', version: '1', schemaUrl: 'https://schema.test/2' },
  };
  return { around, count: contents.length, contentOf: (index) => contents[index]! };
}
