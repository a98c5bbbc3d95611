/** Requests exit records and prints the result: for tests that run this where it must fail. */
import { ExitRecordSource } from '../../../src/host/taskstats/exit-record-source.ts';

const source = ExitRecordSource.open();
if (source instanceof ExitRecordSource) {
  const failure = await source.verify(() => {});
  console.log(failure === null ? 'arrives' : failure.kind);
  source.close();
} else console.log(source.kind);
