import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import {
  importRings,
  kernelPathsInCode,
  longFiles,
  misdirectedImports,
  misdirectedWithinRooms,
  type Sources,
} from './house-rules.ts';

const src = resolve(import.meta.dirname, '../../src');

/** No file is longer, unless it is in the list below. */
const MOST_LINES = 400;

/** Longer files, each with the reason why it is better in one piece. */
const longWithReason: Readonly<Record<string, string>> = {};

/** Code outside `host/` that may name paths of the kernel's file systems, each with the reason. */
const kernelPathsWithReason: Readonly<Record<string, string>> = {
  'config/general-options.ts': 'defaults of --proc-root and --cgroup-root',
  'commands/track/advice.ts': 'names the file that was refused, in a sentence for people',
  'config/commands/doctor.ts': 'its help says what is looked at, and how a container is run',
  'commands/doctor/host-checks.ts': 'it says which paths of the host to mount',
  'commands/doctor/cgroup-checks.ts': 'it says which paths of the host to mount',
};
const mayNameKernelPaths = (file: string) => file.startsWith('host/') || file in kernelPathsWithReason;

describe('the house', () => {
  const sources = new Map(
    globSync('**/*.ts', { cwd: src })
      .sort()
      .map((file) => [file, readFileSync(resolve(src, file), 'utf8')]),
  );

  test('has every import run down the path of the data', () => {
    assert.deepEqual(misdirectedImports(sources), []);
    assert.deepEqual(misdirectedWithinRooms(sources), []);
  });

  test('has no two files that import each other, by whatever way round', () => {
    assert.deepEqual(importRings(sources), []);
  });

  test('names /proc and /sys in the code of host/ alone', () => {
    const others = new Map([...sources].filter(([file]) => !mayNameKernelPaths(file)));
    assert.deepEqual(kernelPathsInCode(others), []);
  });

  test('has no long file without a reason', () => {
    const long = longFiles(sources, MOST_LINES);
    assert.deepEqual(
      long.filter((file) => !(file.split(':', 1)[0]! in longWithReason)),
      [],
    );
    for (const file of Object.keys(longWithReason)) {
      assert.ok(
        long.some((found) => found.startsWith(`${file}:`)),
        `${file} needs its reason no more`,
      );
    }
  });
});

describe('the rules of the house', () => {
  const tree = (files: Record<string, string>): Sources => new Map(Object.entries(files));

  test('find imports that go up, sideways, past config/ or out of src/, types and dynamic ones included', () => {
    const sources = tree({
      'host/a.ts': "import type { B } from '../ledger/b.ts';\n",
      'ledger/b.ts': "import { a } from '../host/a.ts';\nexport * from '../telemetry/c.ts';\n",
      'telemetry/c.ts': "import {\n  d,\n} from '../views/d.ts';\n",
      'views/d.ts': "const e = await import('../config/e.ts');\n",
      'config/e.ts': "import '../host/a.ts';\nimport '../comparison/metrics.ts';\n",
      'commands/f.ts':
        "import { e } from '../config/e.ts';\nimport { g } from '../../scripts/g.ts';\nimport m from '../../package.json';\n",
      'main.ts': "import { f } from './commands/f.ts';\nimport fs from 'node:fs';\n",
      'comparison/metrics.ts': '',
      'attic/h.ts': '',
    });
    assert.deepEqual(misdirectedImports(sources), [
      'host/a.ts: "host" must not import ledger/b.ts',
      'ledger/b.ts: "ledger" must not import telemetry/c.ts',
      'telemetry/c.ts: "telemetry" must not import views/d.ts',
      'views/d.ts: "views" must not import config/e.ts',
      'config/e.ts: "config" must not import host/a.ts',
      'commands/f.ts: "commands" must not import ../scripts/g.ts',
      'attic/h.ts: "attic" is no room of this house',
    ]);
  });

  test('find imports against the order of the folders in a room', () => {
    const sources = tree({
      'ledger/ledger.ts': "import { a } from './accounts/a.ts';\nimport { r } from './run/r.ts';\n",
      'ledger/accounts/a.ts':
        "import { d } from '../document/d.ts';\nimport { m } from '../measuring/m.ts';\n",
      'ledger/run/r.ts': "import { l } from '../ledger.ts';\nimport { w } from '../window/w.ts';\n",
      'ledger/attic/h.ts': '',
      'views/v.ts': "import { p } from './page/p.ts';\n",
      'views/page/p.ts': "import { v } from '../v.ts';\n",
    });
    assert.deepEqual(misdirectedWithinRooms(sources), [
      'ledger/ledger.ts: "." must not import ledger/run/r.ts',
      'ledger/accounts/a.ts: "accounts" must not import ledger/document/d.ts',
      'ledger/attic/h.ts: "attic" is no folder of "ledger"',
    ]);
  });

  test('find rings of any length, and no ring in two ways to the same file', () => {
    const sources = tree({
      'text/a.ts': "import { b } from './b.ts';\nimport { d } from './d.ts';\n",
      'text/b.ts': "import { c } from './c.ts';\nimport { d } from './d.ts';\n",
      'text/c.ts': "import type { a } from './a.ts';\n",
      'text/d.ts': '',
    });
    assert.deepEqual(importRings(sources), ['text/a.ts → text/b.ts → text/c.ts → text/a.ts']);
  });

  test('find kernel paths in strings and templates, and neither in comments nor in longer names', () => {
    const sources = tree({
      'views/a.ts': "// see /proc/PID/stat\nexport const hint = 'mount /proc'; /* or /sys */\n",
      'views/b.ts': 'export const path = (root: string) => `$' + '{root}/sys/fs/cgroup`;\n',
      'views/c.ts':
        "import { x } from '../host/proc/stat.ts';\nexport const fine = ['/system.slice', '/process', x];\n",
    });
    assert.deepEqual(kernelPathsInCode(sources), [
      'views/a.ts: …t const hint="mount /proc";…',
      'views/b.ts: … path=root=>`$' + '{root}/sys/fs/cgroup`;…',
    ]);
  });

  test('count lines as an editor does', () => {
    const sources = tree({ 'text/a.ts': 'x\n'.repeat(251), 'text/b.ts': 'x\n'.repeat(250) });
    assert.deepEqual(longFiles(sources, 250), ['text/a.ts: 251 lines']);
  });
});
