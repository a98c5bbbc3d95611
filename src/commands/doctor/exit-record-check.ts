import { systemClock } from '../../host/clock.ts';
import { openHost } from '../../host/host.ts';
import { ExitRecords } from '../../sampling/exit-records.ts';
import { ProcessEvents } from '../../sampling/process-events.ts';
import { reasonOf } from '../track/exit-record-advice.ts';
import { type Check, ok, warn } from './check.ts';

const NAME = 'exit records';

/**
 * Checks with a child process that exits whether exit records and process events arrive. `areWanted`: they
 * were requested explicitly, so it is a warning if they do not.
 */
export async function checkExitRecords(procRoot: string, areWanted: boolean): Promise<Check> {
  const host = openHost(procRoot, systemClock);
  const records = ExitRecords.open(host);
  const failure = records instanceof ExitRecords ? await records.verify() : records;
  if (records instanceof ExitRecords) records.close();
  if (failure === null) return ok(NAME, `received; ${await eventsFound(host)}`);
  const reason = reasonOf(failure);
  if (!areWanted) return ok(NAME, `unavailable, and not required: ${reason}`);
  return warn(NAME, reason, 'processes that live shorter than a sample have no names', {
    docker: '--pid host --network host --cap-add NET_ADMIN',
    kubernetes:
      'hostPID: true, hostNetwork: true and capabilities.add: [NET_ADMIN] (the chart with options.exitRecords: true)',
    host: 'run it as root, or in a unit with AmbientCapabilities=CAP_NET_ADMIN, on Linux 5.19 or newer',
  });
}

async function eventsFound(host: ReturnType<typeof openHost>): Promise<string> {
  const events = ProcessEvents.open(host, systemClock);
  const failure = events instanceof ProcessEvents ? await events.verify() : events;
  if (events instanceof ProcessEvents) events.close();
  return failure === null ? 'process events received' : `no process events (${failure.kind})`;
}
