import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { parseStat, StatFields } from '../../src/host/proc/stat.ts';
import { InstanceActivity } from '../../src/sampling/instance-activity.ts';
import { NameReader } from '../../src/sampling/name-reader.ts';
import { TrackedProcess } from '../../src/sampling/tracked-process.ts';

const PID = 71;

describe('the name of a process with a title', () => {
  let procRoot: string;
  let row: TrackedProcess;
  let reader: NameReader;

  beforeEach(() => {
    procRoot = mkdtempSync(join(tmpdir(), 'names-'));
    mkdirSync(join(procRoot, `${PID}`));
    row = new TrackedProcess(1, 0, PID, 5, 0, 0, 1, new InstanceActivity(false), 0);
    reader = new NameReader(procRoot, true, 'title');
  });
  afterEach(() => rmSync(procRoot, { recursive: true }));

  /** Reads the names as `stat` and `cmdline` show them; without `cmdline`, it cannot be read. */
  const nameAfter = (comm: string, cmdline: string | undefined, state = 'S') => {
    const file = join(procRoot, `${PID}`, 'cmdline');
    rmSync(file, { force: true });
    if (cmdline !== undefined) writeFileSync(file, cmdline);
    const buffer = Buffer.from(`${PID} (${comm}) ${state} ${'1 '.repeat(49)}\n`);
    const stat = new StatFields();
    parseStat(buffer, buffer.length, stat);
    reader.refresh(row, stat, buffer, true);
    return row.name;
  };

  it('is the title', () => {
    assert.equal(nameAfter('postgres', 'postgres: checkpointer\0'), 'postgres: checkpointer');
  });

  for (const [when, cmdline, state] of [
    ['it exits, and has no memory left', '', 'R'],
    ['its arguments can no longer be read', undefined, 'S'],
    ['it has ended', '', 'Z'],
  ] as const)
    it(`stays when ${when}`, () => {
      nameAfter('postgres', 'postgres: checkpointer\0');
      assert.equal(nameAfter('postgres', cmdline, state), 'postgres: checkpointer');
      assert.equal(row.command, 'postgres: checkpointer');
    });

  it('is its comm again when it no longer has a title', () => {
    nameAfter('postgres', 'postgres: checkpointer\0');
    assert.equal(nameAfter('postgres', 'postgres\0-D\0data\0'), 'postgres');
  });

  for (const [when, cmdline, state] of [
    ['has no memory yet', '', 'R'],
    ['has ended', '', 'Z'],
  ] as const)
    it(`is that of the program it executes, also if this ${when}`, () => {
      nameAfter('postgres', 'postgres: checkpointer\0');
      assert.equal(nameAfter('cp', cmdline, state), 'cp');
    });
});

describe('a long command line', () => {
  it('is truncated after its secrets are masked', () => {
    const procRoot = mkdtempSync(join(tmpdir(), 'names-'));
    mkdirSync(join(procRoot, `${PID}`));
    const secret = 'hunter2';
    const login = 'https://bob:';
    for (const longest of [4096, 8192]) {
      const filler = 'x'.repeat(longest - `app  ${login}hun`.length);
      writeFileSync(join(procRoot, `${PID}`, 'cmdline'), `app\0${filler}\0${login}${secret}@db.example/x\0`);
      const row = new TrackedProcess(1, 0, PID, 5, 0, 0, 1, new InstanceActivity(false), 0);
      const buffer = Buffer.from(`${PID} (app) S ${'1 '.repeat(49)}\n`);
      const stat = new StatFields();
      parseStat(buffer, buffer.length, stat);
      new NameReader(procRoot, true, 'comm').refresh(row, stat, buffer, true);
      assert.ok(row.command!.startsWith('app xxx'));
      assert.equal(row.command!.length, 4096);
      assert.doesNotMatch(row.command!, /hun/);
    }
    rmSync(procRoot, { recursive: true });
  });
});
