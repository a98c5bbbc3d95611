import { readFileSync } from 'node:fs';

/** Capabilities that this program can make use of, by their bit in a set (capabilities(7), linux/capability.h). */
const BITS = { DAC_OVERRIDE: 1, DAC_READ_SEARCH: 2, NET_ADMIN: 12, SYS_PTRACE: 19 } as const;
export type Capability = keyof typeof BITS;

/** Those of them that this program has in effect (`CapEff` of proc_pid_status(5)). */
export function readCapabilities(): ReadonlySet<Capability> {
  return capabilitiesIn(readFileSync('/proc/self/status', 'latin1'));
}

/** Of the text of such a file; none where it does not say. */
export function capabilitiesIn(status: string): ReadonlySet<Capability> {
  const set = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const names = Object.keys(BITS) as Capability[];
  return new Set(names.filter((name) => (set >> BigInt(BITS[name])) & 1n));
}

/** The AppArmor profile that this program is confined by; null: none, or no AppArmor. */
export function readAppArmorProfile(): string | null {
  try {
    const profile = readFileSync('/proc/self/attr/apparmor/current', 'latin1').replace(/\0|\n$/g, '');
    return profile === '' || profile === 'unconfined' ? null : profile;
  } catch {
    // Only where AppArmor is one of the kernel's security modules.
    return null;
  }
}
