import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { goalsOf } from '../../../bench/report/goals.ts';
import { resultsPage, resultsPlots } from '../../../bench/report/page.ts';
import { readParts, type StoredParts, writePart } from '../../../bench/report/stored.ts';
import { writePage } from '../../../bench/report/write-page.ts';
import { typedCommand } from '../../../bench/typed-command.ts';
import { soakRecord } from '../soak/soak-records.ts';
import { costs, leftOut, measured, memory, peer } from './stored-parts.ts';

/** The outcomes of the goals whose words hold `word`. */
const outcomes = (parts: StoredParts, word: string) =>
  goalsOf(parts, undefined)
    .filter(([goal]) => goal!.includes(word))
    .map((cells) => cells.at(-1));

describe('a goal of the bench', () => {
  test('is met by the median up to its bound', () => {
    const with_ = (all: number, some: number) => ({
      'cost-1000': measured([costs(1, all), costs(10, some)]),
    });
    assert.deepEqual(outcomes(with_(1.25, 0.35), 'OTLP, 1,000 processes, all busy'), ['met']);
    assert.deepEqual(outcomes(with_(1.26, 0.35), 'OTLP, 1,000 processes, all busy'), ['missed']);
    assert.deepEqual(outcomes(with_(1.25, 0.36), 'one in 10'), ['missed']);
  });

  test('about top and pidstat is about their CPU for a process and round', () => {
    assert.deepEqual(outcomes({ peers: peer('`top -b`', 0.25) }, 'top'), ['met']);
    assert.deepEqual(outcomes({ peers: peer('`top -b`', 0.26) }, 'top'), ['missed']);
    assert.deepEqual(outcomes({ peers: peer('`pidstat -urd`', 0.11) }, 'pidstat'), ['missed']);
  });

  test('has no line where nothing was measured for it', () => {
    assert.deepEqual(goalsOf({}, undefined), []);
    assert.deepEqual(
      goalsOf({ peers: leftOut('no compiler'), memory: leftOut('no compiler') }, undefined),
      [],
    );
    assert.deepEqual(outcomes({ peers: peer('process-exporter', 0.1) }, 'top'), []);
  });

  test('about kernel memory has no line where no controller counts it', () => {
    assert.deepEqual(outcomes({ memory: measured([memory(10_000, 90, 38)]) }, 'kernel'), ['met']);
    assert.deepEqual(outcomes({ memory: measured([memory(10_000, 90, 39)]) }, 'kernel'), ['missed']);
    assert.deepEqual(outcomes({ memory: measured([memory(10_000, 90, null)]) }, 'kernel'), []);
    assert.deepEqual(outcomes({ memory: measured([memory(10_000, 97, null)]) }, 'RSS'), ['missed']);
  });

  test('about coverage is missed by one load', () => {
    const load = (ledger: number | null) => ({ load: 'a storm', ledger, plain: 0.1, usedSeconds: 5 });
    assert.deepEqual(outcomes({ coverage: measured([load(0.99), load(1)]) }, 'coverage'), ['met']);
    assert.deepEqual(outcomes({ coverage: measured([load(0.97), load(1)]) }, 'coverage'), ['missed']);
    assert.deepEqual(outcomes({ coverage: measured([load(null)]) }, 'coverage'), []);
  });

  test('of the soak stands with the others', () => {
    const lines = goalsOf(
      {},
      soakRecord(() => 80),
    );
    assert.deepEqual(
      lines.map((cells) => cells.at(-1)),
      ['met', 'met', 'met'],
    );
  });
});

describe('the page of results', () => {
  test('says what was left out and why, and prints no ratio to nothing', () => {
    const parts = {
      'cost-1000': leftOut('the C programs could not be compiled: spawnSync cc ENOENT'),
      peers: peer('`top -b`', 0.2, ['pidstat: not on this machine (npm run bench:install-peers)']),
      'exit-records': measured('exit records: denied'),
    };
    const text = resultsPage(parts, undefined);
    assert.match(text, /- cost-1000: the C programs could not be compiled/);
    assert.match(text, /- pidstat: not on this machine/);
    assert.match(text, /exit records: denied/);
    assert.doesNotMatch(text, /NaN|Infinity|undefined|null|\[object/);
    assert.doesNotMatch(text, /## (Memory|Goals\n\n\n)/);
  });

  test('of nothing at all is still a page', () => {
    const text = resultsPage({}, undefined);
    assert.match(text, /^# Cost of unitledger/);
    assert.doesNotMatch(text, /NaN|undefined|## Goals/);
  });

  test('says of each part when and at which commit it was measured', () => {
    const text = resultsPage({ 'cost-1000': measured([costs(1, 1.2)]) }, undefined);
    assert.match(text, /\| cost-1000 \| `npm run bench` \| 2026-01-01T00:00:00.000Z \| abcdef0 \|/);
    assert.equal(text.match(/Linux 6\.18/g)!.length, 1);
  });

  test('shows each plot that it has', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-results-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const parts = {
      'cost-100': measured([costs(1, 1.6, 100), costs(10, 0.6, 100)]),
      'cost-1000': measured([costs(1, 1.2), costs(10, 0.4)]),
      peers: peer('`top -b`', 0.2),
    };
    const text = resultsPage(parts, undefined);
    await writePage(join(folder, 'RESULTS.md'), text, resultsPlots(parts));
    const shown = [...text.matchAll(/\(plots\/([\w.-]+)\)/g)].map(([, name]) => name!).sort();
    assert.deepEqual(shown, readdirSync(join(folder, 'plots')).sort());
    assert.deepEqual(shown, ['cost-all-busy.svg', 'cost-one-in-ten-busy.svg', 'peers.svg']);
    assert.match(readFileSync(join(folder, 'plots/peers.svg'), 'utf8'), />top -b</);
  });
});

test('a part that was measured is there again for the next page; the others stay as they were', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'unitledger-results-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.deepEqual(readParts(folder), {});
  const [first, second] = [measured([costs(1, 1.2)]), peer('`top -b`', 0.2)];
  writePart(folder, 'cost-1000', first);
  writePart(folder, 'peers', second);
  assert.deepEqual(readParts(folder), { 'cost-1000': first, peers: second });
});

test('the command of a part is what was typed, without where the results go', () => {
  assert.equal(typedCommand('bench', []), 'npm run bench');
  assert.equal(
    typedCommand('bench', ['--only', 'peers', '--output', '/tmp/x']),
    'npm run bench -- --only peers',
  );
  assert.equal(typedCommand('bench', ['--output=/tmp/x', '--quick']), 'npm run bench -- --quick');
});
