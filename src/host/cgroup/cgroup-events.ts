import { parseFlatKeyed } from './flat-keyed.ts';

/**
 * Whether a cgroup or its descendants contain a process: `cgroup.events` of v2 (cgroup-v2.rst, "Core Interface Files").
 * Throws ParseError only.
 */
export function parsePopulated(buffer: Uint8Array, length: number): { readonly populated: boolean } {
  const { populated } = parseFlatKeyed('cgroup.events', buffer, length, { populated: 'populated' });
  return { populated: populated !== 0 };
}
