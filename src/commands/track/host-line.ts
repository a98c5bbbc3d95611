import type { Config } from '../../config/config.ts';
import type { CgroupLayout } from '../../host/cgroup/layout.ts';
import { readCapabilities } from '../../host/proc/capabilities.ts';
import { isInitialPidNamespace, pidNamespaceOf } from '../../host/proc/pid-namespace.ts';
import { printable } from '../../text/printable.ts';

const LAYOUTS = { v2: 'cgroup v2', hybrid: 'cgroup v2 and v1', v1: 'cgroup v1' } as const;
const NAMESPACES = {
  own: "unitledger's own PID namespace",
  other: 'another PID namespace',
  saved: 'saved files',
} as const;

/**
 * The visible host and the permissions of this program: the short form of `unitledger doctor`, one sentence at the
 * start of a run. `layout`: null without a cgroup tree.
 */
export function hostLine(config: Config, layout: CgroupLayout | null, descriptorLimit: number): string {
  const { procRoot, cgroupRoot } = config;
  const namespace = pidNamespaceOf(procRoot);
  const isHosts = namespace === 'own' && isInitialPidNamespace(procRoot) === true;
  const has = readCapabilities();
  const missing = (['SYS_PTRACE', 'DAC_READ_SEARCH'] as const).filter(
    (name) => !has.has(name) && !(name === 'DAC_READ_SEARCH' && has.has('DAC_OVERRIDE')),
  );
  const parts = [
    `${printable(procRoot)} (${isHosts ? 'initial PID namespace' : NAMESPACES[namespace]})`,
    layout === null ? 'no cgroup tree' : `${LAYOUTS[layout.kind]} at ${printable(cgroupRoot)}`,
    missing.length === 0 ? 'I/O of all users' : `without ${missing.join(' and ')}: only I/O of its own user`,
    `${descriptorLimit} descriptors`,
  ];
  return `host: ${parts.join(', ')}; unitledger doctor has details`;
}
