import { readFileSync } from 'node:fs';
import { readStatus } from './status.ts';

/** Capabilities that unitledger can use, by their bit in a set (capabilities(7), linux/capability.h). */
const BITS = { DAC_OVERRIDE: 1, DAC_READ_SEARCH: 2, NET_ADMIN: 12, SYS_PTRACE: 19 } as const;
export type Capability = keyof typeof BITS;

/** Those that unitledger has in effect (`CapEff` of proc_pid_status(5)); empty if they cannot be read. */
export function readCapabilities(): ReadonlySet<Capability> {
  return capabilitiesIn(readStatus('self'));
}

/** Parses the text of that file; empty without `CapEff`. */
export function capabilitiesIn(status: string): ReadonlySet<Capability> {
  const set = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const names = Object.keys(BITS) as Capability[];
  return new Set(names.filter((name) => (set >> BigInt(BITS[name])) & 1n));
}

/** The AppArmor profile that confines unitledger; null if there is none. */
export function readAppArmorProfile(): string | null {
  try {
    const profile = readFileSync('/proc/self/attr/apparmor/current', 'latin1').replace(/\0|\n$/g, '');
    return profile === '' || profile === 'unconfined' ? null : profile;
  } catch {
    // The file exists only if AppArmor is one of the kernel's security modules.
    return null;
  }
}
