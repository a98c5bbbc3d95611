import { readdirSync, readFileSync } from 'node:fs';
import { ParseError } from '../parse-error.ts';

const FILE = '/proc/PID/limits';
const LINE = /^Max open files +(\d+|unlimited) /m;

/**
 * Maximum number of descriptors of a process: the soft limit in the line `Max open files` of `/proc/PID/limits`
 * (proc_pid_limits(5)); Infinity if unlimited. Throws ParseError only.
 */
export function parseDescriptorLimit(buffer: Buffer, length: number): number {
  const text = buffer.toString('latin1', 0, length);
  const limit = LINE.exec(text)?.[1];
  if (limit === undefined) throw new ParseError(FILE, 'Max open files', text);
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

/** Maximum number of descriptors of unitledger: its soft RLIMIT_NOFILE, which Node raises to the hard one. */
export function readDescriptorLimit(): number {
  const { soft } = descriptorLimitsOf('self');
  return Number.isFinite(soft) ? soft : 1024;
}

/**
 * The soft RLIMIT_NOFILE with which unitledger was started, before Node raised it: that of its parent, because limits
 * are inherited. Null if it was not raised, or if it is unknown, because the parent has another hard limit.
 */
export function readInheritedDescriptorLimit(): number | null {
  try {
    const own = descriptorLimitsOf('self');
    const parent = descriptorLimitsOf(process.ppid);
    return parent.hard === own.hard && parent.soft < own.soft ? parent.soft : null;
  } catch {
    // The parent is in another PID namespace, or has ended.
    return null;
  }
}

/** NaN: no limit. Throws errors of `node:fs`. */
function descriptorLimitsOf(pid: number | 'self'): { readonly soft: number; readonly hard: number } {
  const text = readFileSync(`/proc/${pid}/limits`, 'latin1');
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(text) ?? [];
  return { soft: Number(soft), hard: Number(hard) };
}

/** Number of descriptors that unitledger has open. */
export function countOpenDescriptors(): number {
  // One of them belongs to the listing itself.
  return readdirSync('/proc/self/fd').length - 1;
}
