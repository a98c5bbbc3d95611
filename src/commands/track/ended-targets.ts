import type { Config } from '../../config/config.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Targets } from '../../target/targets.ts';

/** Whether nothing more can come: processes named by their PIDs end and never come again; all else is waited for. */
export function haveEnded(config: Config, ledger: Ledger, targets: Targets): boolean {
  const wereSeen = ledger.units.every(({ instances }) => instances > 0);
  return config.targets.every(({ kind }) => kind === 'pid') && wereSeen && targets.instances.length === 0;
}
