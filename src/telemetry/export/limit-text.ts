import type { BacklogLimits } from './backlog.ts';
import type { DropReason } from './delivery.ts';

/** A limit with its option: the same text in the log, in `/readyz` and in `doctor`. */
export function limitText(reason: DropReason, { ageSeconds, diskBytes, memoryBytes }: BacklogLimits): string {
  switch (reason) {
    case 'age':
      return `older than ${duration(ageSeconds)} (--spool-age)`;
    case 'disk':
      return `spool full (${mebibytes(diskBytes)}, --spool-size)`;
    case 'memory':
      return `memory buffer full (${mebibytes(memoryBytes)}; --spool-dir keeps more on disk)`;
  }
}

/** The fix for a window of this many bytes that a collector found too large. */
export function tooLarge(bytes: number): string {
  const size = bytes >= 1024 * 1024 ? mebibytes(bytes) : `${Math.ceil(bytes / 1024)} KiB`;
  return (
    `the window has ${size}: lower --process-series or --series-budget, set OTEL_EXPORTER_OTLP_COMPRESSION=gzip, ` +
    "or raise the receiver's limit (max_request_body_size by HTTP, max_recv_msg_size_mib by gRPC)"
  );
}

function mebibytes(bytes: number): string {
  const value = bytes / 1024 / 1024;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} MiB`;
}

function duration(seconds: number): string {
  if (seconds >= 3600 && seconds % 3600 === 0) return `${seconds / 3600} h`;
  if (seconds >= 60 && seconds % 60 === 0) return `${seconds / 60} min`;
  return `${seconds} s`;
}
