/** Requests process events and prints the result: for tests that run this where it must fail. */
import { systemClock } from '../../../src/host/clock.ts';
import { ProcessEventSource } from '../../../src/host/proc-events/process-event-source.ts';

const source = ProcessEventSource.open(systemClock);
if (source instanceof ProcessEventSource) {
  const failure = await source.verify(() => {});
  console.log(failure === null ? 'arrives' : failure.kind);
  source.close();
} else console.log(source.kind);
