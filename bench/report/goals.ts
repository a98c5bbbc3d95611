import { BARE_NODE, type MemoryResult, WHOLE_PROGRAM } from '../parts/memory.ts';
import { SAMPLING, type ScenarioResult, WHOLE_OTLP } from '../parts/scenario.ts';
import type { SoakRecord } from '../soak/record.ts';
import { soakGoals, verdictOn } from '../soak/verdict.ts';
import { type Spread, shown, spreadOf } from '../spread.ts';
import type { StoredParts } from './stored.ts';

const MEGABYTE = 1e6;

/** Each goal with what was measured and whether it was met, by the median. What was not measured has no line. */
export function goalsOf(parts: StoredParts, soak: SoakRecord | undefined): string[][] {
  return [
    ...costGoals(parts['cost-1000']?.result ?? []),
    ...peerGoals(parts),
    ...memoryGoals(parts.memory?.result ?? []),
    ...(parts['start-up']?.result ?? []).flatMap(({ processes, firstSample }) =>
      firstSample.length === 0
        ? []
        : [atMost(`first sample (${processes} processes), ms`, spreadOf(firstSample), 100, 0)],
    ),
    ...exitGoals(parts),
    ...soakLines(soak),
  ];
}

function costGoals(scenarios: readonly ScenarioResult[]): string[][] {
  const of = (busyEvery: number) =>
    scenarios.find(({ plan }) => plan.processes === 1000 && plan.busyEvery === busyEvery);
  const figure = (scenario: ScenarioResult | undefined, name: string) =>
    scenario?.figures.find(({ contender }) => contender === name)?.overFloor;
  const [all, some] = [of(1), of(10)];
  return [
    optional(
      'whole program, OTLP, 1,000 processes all busy: times the C floor',
      figure(all, WHOLE_OTLP),
      1.5,
      2,
    ),
    optional('the same, one in ten busy', figure(some, WHOLE_OTLP), 0.45, 2),
    optional('sampling, 1,000 processes all busy: times the C floor', figure(all, SAMPLING), 2, 2),
    optional('ledger on top of sampling, all busy', all?.ledgerShare, 0.15, 3),
  ].flat();
}

function peerGoals({ peers }: StoredParts): string[][] {
  const over = (name: string) => peers?.result?.figures.find((figure) => figure.name.includes(name))?.ours;
  return [
    optional('of what `top` takes for a process and sample', over('top'), 0.25, 3),
    optional('of what `pidstat` takes', over('pidstat'), 0.1, 3),
  ].flat();
}

function memoryGoals(results: readonly MemoryResult[]): string[][] {
  return results.flatMap(({ plan: { processes }, programs }) => {
    const whole = programs.find(({ name }) => name === WHOLE_PROGRAM);
    if (whole === undefined) return [];
    const count = processes.toLocaleString('en');
    const one = (value: number): Spread => ({ median: value, min: value, max: value });
    const resident = one(whole.residentBytes / MEGABYTE);
    const lines = [atMost(`RSS (${count} processes), MB`, resident, processes > 1000 ? 96 : 64, 1)];
    if (processes < 10_000) return lines;
    lines.push(atMost(`CPU (${count} sleeping processes), % of a core`, one(whole.cpu * 100), 1, 2));
    const { charged } = whole;
    if (charged === null) return lines;
    // Its program file is shared with others, who may have been charged for it: so what is resident counts in full.
    const all = one((whole.residentBytes + charged.kernelBytes) / MEGABYTE);
    return [...lines, atMost(`RSS and kernel memory (${count} processes), MB`, all, 128, 1)];
  });
}

function exitGoals(parts: StoredParts): string[][] {
  const records = parts['exit-records']?.result;
  const lines =
    records !== null && typeof records === 'object'
      ? [atMost('an exit record, µs', records.micros, 20, 1)]
      : [];
  const covered = (parts.coverage?.result ?? []).flatMap(({ ledger }) => (ledger === null ? [] : [ledger]));
  if (covered.length === 0) return lines;
  const [least, most] = [Math.min(...covered), Math.max(...covered)];
  return [
    ...lines,
    [
      'coverage of units that fork a lot',
      '98–102 %',
      `${(least * 100).toFixed(1)}–${(most * 100).toFixed(1)} %`,
      least >= 0.98 && most <= 1.02 ? 'met' : 'missed',
    ],
  ];
}

function soakLines(soak: SoakRecord | undefined): string[][] {
  const verdict = soak && verdictOn(soak);
  if (soak === undefined || verdict === undefined) return [];
  const minutes = `${soak.minutes.toFixed(0)} min with ${soak.newPerSecond} new processes a second`;
  return soakGoals(verdict).map(([goal, measured, met]) => [`${minutes}: ${goal}`, '', measured!, met!]);
}

function optional(goal: string, spread: Spread | undefined, most: number, digits: number): string[][] {
  return spread === undefined ? [] : [atMost(goal, spread, most, digits)];
}

function atMost(goal: string, spread: Spread, most: number, digits: number): string[] {
  return [goal, `at most ${most}`, shown(spread, digits), spread.median <= most ? 'met' : 'missed'];
}

/** The bare Node beside what is measured. */
export function bareOf({ programs }: MemoryResult) {
  return programs.find(({ name }) => name === BARE_NODE)!;
}
