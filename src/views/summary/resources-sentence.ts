import type { RunResources } from '../../ledger/document/run-resources.ts';
import { printable } from '../../text/printable.ts';
import { byteCount, counted, seconds } from '../format.ts';

/** What a unit's cgroups told, in one line: only what is known, and more than nothing. Null where that is all. */
export function resourcesSentence(resources: RunResources | null): string | null {
  if (resources === null) return null;
  const parts = [
    memoryOf(resources),
    someSeconds(resources.throttledSeconds, (text) => `held back ${text} by its CPU limit`),
    waitsOf(resources.pressure),
    disksOf(resources.disks),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
}

function memoryOf({ memoryPeakBytes, memoryEvents }: RunResources): string | null {
  const events = [
    some(memoryEvents.max, (times) => `limit reached ${counted(times, 'time')}`),
    some(memoryEvents.high, (times) => `throttled ${counted(times, 'time')}`),
    some(memoryEvents.oomKill, (kills) => counted(kills, 'OOM kill')),
  ].filter((event) => event !== null);
  const peak = some(memoryPeakBytes, (bytes) => `peak ${byteCount(bytes)}`);
  if (peak === null && events.length === 0) return null;
  return `memory ${[...(peak === null ? [] : [peak]), ...events].join(' · ')}`;
}

function waitsOf({ cpu, memory, io }: RunResources['pressure']): string | null {
  const waits = [
    someSeconds(cpu.someSeconds, (text) => `CPU ${text}`),
    someSeconds(memory.someSeconds, (text) => `memory ${text}`),
    someSeconds(io.someSeconds, (text) => `I/O ${text}`),
  ].filter((wait) => wait !== null);
  return waits.length === 0 ? null : `waited for ${waits.join(' · ')}`;
}

/** The device that was used most: a sum over all would count stacked ones twice. */
function disksOf(disks: RunResources['disks']): string | null {
  const used = (disks ?? []).filter((disk) => disk.readBytes + disk.writeBytes > 0);
  const [first] = [...used].sort((a, b) => b.readBytes + b.writeBytes - a.readBytes - a.writeBytes);
  if (first === undefined) return null;
  const more = used.length > 1 ? ` (+${counted(used.length - 1, 'device')})` : '';
  const { name, readBytes, writeBytes } = first;
  return `${printable(name)} ${byteCount(readBytes)} read · ${byteCount(writeBytes)} written${more}`;
}

function some(value: number | null, say: (value: number) => string): string | null {
  return value === null || value === 0 ? null : say(value);
}

function someSeconds(value: number | null, say: (text: string) => string): string | null {
  const text = seconds(value);
  return value === null || Number(text) === 0 ? null : say(`${text}s`);
}
