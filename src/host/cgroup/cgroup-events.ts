import { parseFlatKeyed } from './flat-keyed.ts';

/**
 * Whether there is a process in a cgroup or below it: `cgroup.events` of v2 (cgroup-v2.rst, "Core Interface Files").
 * Throws ParseError and nothing else.
 */
export function parsePopulated(buffer: Uint8Array, length: number): { readonly populated: boolean } {
  const { populated } = parseFlatKeyed('cgroup.events', buffer, length, { populated: 'populated' });
  return { populated: populated !== 0 };
}
