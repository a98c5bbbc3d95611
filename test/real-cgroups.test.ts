import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { canMakeCgroups, until } from './real-cgroups.ts';
import { skipUnless } from './skip.ts';

test(
  'processes and cgroups of a test go with its process, even if that is killed',
  skipUnless(canMakeCgroups()),
  async () => {
    const helper = new URL('./real-cgroups.ts', import.meta.url).href;
    const script = `
    const { RealCgroups } = await import(${JSON.stringify(helper)});
    const cgroups = new RealCgroups({ after() {} });
    cgroups.make('/busy/below');
    cgroups.shell('/busy/below', 'sh -c "while :; do :; done"');
    await new Promise((resolve) => setTimeout(resolve, 200));
    console.log(cgroups.root);
    setInterval(() => {}, 1000);
  `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [root] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    assert.ok(existsSync(root.trim()));
    child.kill('SIGKILL');
    await until(() => !existsSync(root.trim()), 'the cgroups to be removed');
  },
);
