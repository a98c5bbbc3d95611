import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lchownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import { runUnitledger, startUnitledger, until } from './unitledger.ts';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0 || 'needs root';
const OWN = ['--pid', String(process.pid), '--interval', '0.2', '--summary', 'json'];
/** A run that is refused reads nothing more. */
const AT_ONCE_SECONDS = 5;
/** A run has some 100 MiB resident at its start. */
const MOST_KIB = 250 * 1024;

describe('files and directories prepared by other users', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-foreign-'));
    chmodSync(folder, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const fifo = () => {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    return path;
  };

  const link = () => {
    const path = join(folder, 'link');
    symlinkSync('/dev/zero', path);
    return path;
  };

  describe('a spool directory', skipUnless(isRoot), () => {
    let spool: string;
    let victim: string;
    beforeEach(() => {
      spool = join(folder, 'spool');
      mkdirSync(spool);
      victim = join(folder, 'victim');
      writeFileSync(victim, 'secret', { mode: 0o600 });
    });

    const isNobodys = (path: string) => lchownSync(path, NOBODY, NOBODY);
    for (const [title, prepare, reason] of [
      [
        'of another user, with links to a file of root',
        () => {
          for (const name of ['draft', 'lock']) {
            symlinkSync(victim, join(spool, `.unitledger-${name}`));
            isNobodys(join(spool, `.unitledger-${name}`));
          }
          isNobodys(spool);
        },
        'belongs to another user (UID 65534), who could replace files in it',
      ],
      [
        'of root, with a lock that is a link',
        () => symlinkSync(victim, join(spool, '.unitledger-lock')),
        'holds .unitledger-lock, which is a symbolic link that this user did not create',
      ],
      [
        'of root, with a lock that is another name of a file',
        () => linkSync(victim, join(spool, '.unitledger-lock')),
        'holds .unitledger-lock, which is a regular file that this user did not create',
      ],
      [
        'that all users can write to',
        () => chmodSync(spool, 0o777),
        'can be written to by all users, who could replace files in it (chmod o-w)',
      ],
      [
        'in a directory of another user',
        () => isNobodys(folder),
        'lies in FOLDER, which belongs to another user (UID 65534)',
      ],
      [
        'behind a link of another user',
        () => {
          renameSync(spool, join(folder, 'real'));
          symlinkSync('real', spool);
          isNobodys(spool);
        },
        'leads through FOLDER/spool, a symbolic link of another user (UID 65534)',
      ],
      [
        'with a directory of another user for rejected windows',
        () => {
          mkdirSync(join(spool, 'set-aside'));
          isNobodys(join(spool, 'set-aside'));
        },
        'holds set-aside, which belongs to another user (UID 65534)',
      ],
    ] as const) {
      test(`${title} is rejected by a run and by doctor, and nothing is written`, async () => {
        prepare();
        const before = readdirSync(spool).sort();
        const environment = { UNITLEDGER_EXPORT: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
        const why = reason.replace('FOLDER', folder);
        const ended = await runUnitledger([...OWN, '--spool-dir', spool, '--duration', '1'], { environment });
        assert.equal(ended.code, 2, ended.stderr);
        assert.equal(
          ended.stderr.split('\n').find((line) => line.startsWith('unitledger:')),
          `unitledger: --spool-dir "${spool}" cannot be used: it ${why}.`,
        );
        const doctor = await runUnitledger([
          'doctor',
          '--pid',
          '1',
          '--spool-dir',
          spool,
          '--format',
          'json',
        ]);
        const { checks } = JSON.parse(doctor.stdout) as {
          checks: { name: string; outcome: string; found: string }[];
        };
        const { outcome, found } = checks.find(({ name }) => name === 'spool')!;
        assert.deepEqual([outcome, found], ['fail', `${spool} ${why}`]);
        assert.equal(readFileSync(victim, 'utf8'), 'secret');
        assert.deepEqual(readdirSync(spool).sort(), before);
      });
    }
  });

  for (const [title, argsOf] of [
    ['headers', (file: string) => [...OWN, '--otlp-headers-file', file, '--export', 'otlp']],
    ['configuration', (file: string) => [...OWN, '--config', file]],
    ['recording', (file: string) => ['replay', file]],
    ['comparison', (file: string) => ['compare', file, file]],
  ] as const) {
    for (const [kind, fileOf] of [
      ['a FIFO', fifo],
      ['an endless device', () => '/dev/zero'],
      ['a link to an endless device', link],
      ['a file that never gives anything', () => '/proc/kmsg'],
    ] as const) {
      if (kind === 'a file that never gives anything' && isRoot !== true) continue;
      test(`${kind} is no ${title}, which is reported immediately`, async () => {
        const ended = await runUnitledger([...argsOf(fileOf())]);
        assert.equal(ended.code, 2, `${ended.stdout}${ended.stderr}`);
        assert.ok(ended.seconds < AT_ONCE_SECONDS, `${ended.seconds} s`);
        assert.doesNotMatch(ended.stderr, /defect/);
      });
    }
  }

  test('headers that become a FIFO during the run block nothing, least of all SIGTERM', async () => {
    const headers = join(folder, 'headers');
    writeFileSync(headers, 'x-key=1\n', { mode: 0o600 });
    const program = startUnitledger(
      [...OWN, '--otlp-headers-file', headers, '--export', 'otlp', '--export-interval', '0.5'],
      { environment: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' } },
    );
    await program.says('buffering metrics');
    renameSync(fifo(), headers);
    await program.says('is a FIFO');
    const asked = performance.now();
    program.signal('SIGTERM');
    const ended = await program.ended;
    assert.ok(performance.now() - asked < (AT_ONCE_SECONDS + 5) * 1000);
    assert.equal(ended.code, 0, ended.stderr);
    assert.ok((JSON.parse(ended.stdout) as { samples: number }).samples > 2);
  });

  test('endless kernel files of a root named by the user do not exhaust memory, and end', async () => {
    const root = join(folder, 'proc');
    const cgroups = join(folder, 'cgroup');
    const group = join(cgroups, 'system.slice/x.service');
    mkdirSync(join(root, '1/task/1'), { recursive: true });
    mkdirSync(group, { recursive: true });
    writeFileSync(join(cgroups, 'cgroup.controllers'), '');
    for (const name of ['uptime', 'stat', 'diskstats', 'loadavg', 'meminfo'])
      symlinkSync('/dev/zero', join(root, name));
    for (const name of [
      'stat',
      'statm',
      'io',
      'status',
      'cgroup',
      'limits',
      'smaps_rollup',
      'cmdline',
      'comm',
    ])
      symlinkSync('/dev/zero', join(root, '1', name));
    for (const name of [
      'cgroup.procs',
      'cpu.stat',
      'cgroup.stat',
      'cgroup.events',
      'memory.current',
      'io.stat',
    ])
      symlinkSync('/dev/zero', join(group, name));
    const program = startUnitledger([
      ...['--proc-root', root, '--cgroup-root', cgroups, '--service', 'x', '--pid', '1'],
      ...['--process-details', 'pss,threads,descriptors', '--show-cmdline'],
      ...['--interval', '0.2', '--summary', 'json'],
    ]);
    await program.says('following');
    const pid = program.pid()!;
    const reads = () => Number(/^syscr: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))![1]);
    const begun = reads();
    await until(
      () => reads() > begun + 100,
      () => 'some samples',
    );
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1];
    program.signal('SIGINT');
    const ended = await program.ended;
    assert.equal(ended.code, 1, ended.stderr);
    assert.ok(Number(peak) < MOST_KIB, `${peak} KiB`);
    assert.doesNotMatch(ended.stderr, /defect/);
  });
});
