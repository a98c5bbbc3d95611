import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bootSystemd, type SystemdLab, skipLab } from '../systemd/lab.ts';
import { BUNDLE_INSIDE, installBundle } from '../systemd/programs.ts';
import { installPayload } from '../systemd/units.ts';

const PAGE = resolve(import.meta.dirname, '../../../docs/compare.md');

/** The script of a step of the workflow in the page. */
function scriptOf(step: string): string {
  const lines = readFileSync(PAGE, 'utf8').split('\n');
  const from = lines.indexOf('        run: |', lines.indexOf(`      - name: ${step}`)) + 1;
  assert.ok(from > 0, step);
  const length = lines.slice(from).findIndex((line) => !line.startsWith('          '));
  return lines.slice(from, from + length).join('\n');
}

describe('the CI recipe of docs/compare.md', { skip: skipLab() }, () => {
  let lab: SystemdLab;

  before(
    async () => {
      lab = await bootSystemd();
      await installPayload(lab);
      await installBundle(lab);
      await lab.output(['ln', '-s', `${BUNDLE_INSIDE}/unitledger.mjs`, '/usr/bin/unitledger']);
      // Microseconds of CPU between two pauses of 50 ms: so little that other programs hardly delay it.
      for (const [name, workMicros] of [
        ['old', 500],
        ['new', 5000],
      ] as const) {
        const server = `#!/bin/sh\nexec /opt/lab/pulse 1 ${workMicros} 50000\n`;
        await lab.writeFile(`/tmp/${name}-server`, server, 0o755);
      }
      await lab.writeFile('/work/load.sh', '#!/bin/sh\nexit 0\n', 0o755);
      await lab.writeFile('/usr/bin/sudo', '#!/bin/sh\nexec "$@"\n', 0o755);
      await lab.output(['chown', 'www-data', '/work']);
    },
    { timeout: 20 * 60_000 },
  );
  after(() => lab?.stop());

  test('records old and new in turn, and a user without privileges compares the recordings', async () => {
    const record = scriptOf('Run both, in turn')
      .replace('1 2 3 4 5', '1 2 3')
      .replace('--duration 30', '--duration 4');
    assert.match(record, /in 1 2 3;[\s\S]*--duration 4 /);
    await lab.output(['sh', '-euc', `cd /work\n${record}`], 120_000);
    const compare = `cd /work\n${scriptOf('Compare')}`;
    const { code, stderr } = await lab.run([
      ...['setpriv', '--reuid', 'www-data', '--regid', 'www-data', '--clear-groups'],
      ...['sh', '-euc', compare],
    ]);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /regression \(cpu\.avg>\+10%\): my-server\.service/);
    const comment = await lab.output(['cat', '/work/footprint.md']);
    assert.match(comment, /my-server\.service/);
  });
});
