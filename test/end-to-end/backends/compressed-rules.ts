import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

const RULES = resolve(import.meta.dirname, '../../../helm/alerts/unitledger.yaml');

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

/** The alert rules without annotations, with every duration divided by `factor`. Limits are unchanged. */
export function compressedRules(factor: number): RuleFile {
  const compressed = (text: string) =>
    text.replace(/\b(\d+)([smh])\b/g, (_, count, unit) => {
      return `${Math.round((1000 * Number(count) * UNIT_SECONDS[unit]!) / factor)}ms`;
    });
  const { groups } = parse(readFileSync(RULES, 'utf8')) as RuleFile;
  return {
    groups: groups.map(({ name, rules }) => ({
      name,
      rules: rules.map(({ alert, expr, for: held, labels }) => ({
        alert,
        expr: compressed(expr),
        ...(held !== undefined && { for: compressed(held) }),
        labels,
      })),
    })),
  };
}
