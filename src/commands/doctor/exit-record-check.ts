import { systemClock } from '../../host/clock.ts';
import { openHost } from '../../host/host.ts';
import { ExitRecords } from '../../sampling/exit-records.ts';
import { adviceOnExitRecords } from '../track/exit-record-advice.ts';
import { type Check, ok, warn } from './check.ts';

/** Whether the kernel's exit records come, by a child of this program's own that ends. */
export async function checkExitRecords(procRoot: string): Promise<Check> {
  const name = 'exit records';
  const records = ExitRecords.open(openHost(procRoot, systemClock));
  const failure = records instanceof ExitRecords ? await records.verify() : records;
  if (records instanceof ExitRecords) records.close();
  if (failure === null) return ok(name, 'they arrive');
  const [, why = ''] = adviceOnExitRecords(failure).split(
    ': short-lived processes have no names in this run: ',
  );
  return warn(name, why, 'processes that live shorter than a sample have no names', {
    docker: '--pid host --network host --cap-add NET_ADMIN',
    kubernetes:
      'hostPID: true, hostNetwork: true and capabilities.add: [NET_ADMIN] (the chart with options.exitRecords: true)',
    host: 'run it as root, or in a unit with AmbientCapabilities=CAP_NET_ADMIN, on Linux 5.19 or newer',
  });
}
