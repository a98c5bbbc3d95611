import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { skipUnless } from '../../skip.ts';
import { prometheusAvailable, promtool } from './prometheus.ts';

const RULES = resolve(import.meta.dirname, '../../../helm/alerts/unitledger.yaml');
const CASES = join(import.meta.dirname, 'rules/alerts.test.yaml');

interface RuleFile {
  readonly groups: readonly { readonly rules: { annotations?: unknown }[] }[];
}

describe('the alert rules', skipUnless(prometheusAvailable), () => {
  test('are valid rules for promtool, including their annotations', () => {
    promtool(['check', 'rules', '--lint=all', '--lint-fatal', RULES]);
  });

  test('fire for their own condition, and for nothing else', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'unitledger-alerts-'));
    t.after(() => rmSync(folder, { recursive: true }));
    // The cases are about when a rule fires, not about its words.
    const rules = parse(readFileSync(RULES, 'utf8')) as RuleFile;
    for (const rule of rules.groups.flatMap((group) => group.rules)) delete rule.annotations;
    const bare = join(folder, 'rules.yaml');
    const cases = join(folder, 'cases.yaml');
    writeFileSync(bare, JSON.stringify(rules));
    writeFileSync(cases, readFileSync(CASES, 'utf8').replace('[RULES]', `[${bare}]`));
    promtool(['test', 'rules', cases]);
  });
});
