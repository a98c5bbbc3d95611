import { PRESSURE_RESOURCES } from '../../../host/cgroup/figures.ts';
import { QUANTITIES, type Quantity } from '../../../ledger/document/quantities.ts';
import { byteCount, counted, duration, ratio, seconds } from '../../format.ts';
import type { LiveFrame, LiveUnit } from '../model/frame.ts';
import { PLAIN, STYLE, type Style } from '../terminal/style.ts';
import { briefly, LOOKS } from './figures.ts';

/** A few printable words, and their style. */
export interface Fact {
  readonly text: string;
  readonly style: Style;
}

const said = (text: string): Fact => ({ text, style: PLAIN });

/** Coverage below this is coloured. */
const GOOD_COVERAGE = 0.97;
/** A pressure share above this is coloured. */
const HIGH_PRESSURE = 0.1;

/** Coverage and unattributed CPU of a unit. */
export function coverageFacts(unit: LiveUnit): Fact[] {
  const { totalCpuSeconds: total, attributedCpuSeconds, unattributedCpuSeconds: rest } = unit;
  if (total === null) return [{ text: 'coverage -', style: STYLE.faint }];
  if (total === 0) return [said('coverage -')];
  const coverage = attributedCpuSeconds / total;
  const facts = [
    { text: `coverage ${ratio(coverage)}`, style: coverage < GOOD_COVERAGE ? STYLE.warn : STYLE.good },
  ];
  if (rest !== null) {
    const outside =
      unit.reapedOutsideSeconds >= 0.005 ? ` (${seconds(unit.reapedOutsideSeconds)}s reaped outside)` : '';
    facts.push({
      text: `unattributed ${seconds(rest)}s${outside}`,
      style: coverage < GOOD_COVERAGE ? STYLE.warn : PLAIN,
    });
  }
  return facts;
}

export function memoryFacts(unit: LiveUnit): Fact[] {
  const facts: Fact[] = [];
  if (unit.oomKills !== null && unit.oomKills > 0)
    facts.push({ text: counted(unit.oomKills, 'OOM kill'), style: STYLE.bad });
  if (unit.memoryIsResident && unit.memoryBytes !== null) facts.push(said('RSS of all processes'));
  if (unit.memoryPeakBytes !== null) facts.push(said(`peak ${byteCount(unit.memoryPeakBytes)}`));
  if (unit.oomKills === 0) facts.push(said('0 OOM kills'));
  return facts;
}

export function pressureFacts({ pressure }: LiveUnit): Fact[] {
  const known = PRESSURE_RESOURCES.filter((resource) => pressure[resource] !== null);
  return known.map((resource, at) => {
    const share = pressure[resource]!;
    const text = `${resource} ${ratio(share)}`;
    return { text: at === 0 ? `pressure ${text}` : text, style: share > HIGH_PRESSURE ? STYLE.warn : PLAIN };
  });
}

export function throttlingFacts(unit: LiveUnit): Fact[] {
  const { throttledPeriods: periods, throttledSeconds } = unit;
  if (periods === null || throttledSeconds === null) return [];
  if (periods === 0) return [said('not throttled')];
  return [
    { text: `throttled ${counted(periods, 'time')}, ${duration(throttledSeconds)}`, style: STYLE.warn },
  ];
}

export function deliveryFacts({ run: { delivery } }: LiveFrame): Fact[] {
  if (delivery === null) return [{ text: 'none', style: STYLE.faint }];
  const style = { waiting: STYLE.faint, delivered: STYLE.good, spooling: STYLE.warn, failing: STYLE.bad };
  return [{ text: delivery.text, style: style[delivery.state] }];
}

/** Elapsed time, duration, and missed samples. */
export function runFacts({ run }: LiveFrame): Fact[] {
  const left = run.remainingSeconds === null ? '' : `, ${briefly(run.remainingSeconds)} left`;
  const facts = [said(`${briefly(run.elapsedSeconds)}${left}`), said(`every ${run.everySeconds}s`)];
  facts.push(
    run.missedTicks === 0
      ? { text: '0 missed', style: STYLE.faint }
      : { text: `${run.missedTicks} missed`, style: STYLE.warn },
  );
  return facts;
}

/** Kind and state of the units. */
export function unitFacts(units: readonly LiveUnit[], all: LiveUnit): Fact[] {
  const present = units.filter((unit) => unit.present).length;
  const count = units.filter((unit) => !unit.isShared).length;
  const facts: Fact[] = [];
  if (count === 1) {
    const state = present === 1 ? 'running' : all.instances === 0 ? 'not seen yet' : 'gone';
    facts.push({ text: state, style: present === 1 ? STYLE.good : STYLE.warn });
    facts.push(said(counted(all.instances, 'instance')));
  } else {
    facts.push({
      text: `${present} of ${count} running`,
      style: present === count ? STYLE.good : STYLE.warn,
    });
  }
  facts.push(said(counted(all.processCount, 'process', 'processes')));
  if (all.threads !== null) facts.push(said(counted(all.threads, 'thread')));
  return facts;
}

/** The current value of a quantity of a unit. */
export function levelFact(unit: LiveUnit, quantity: Quantity): Fact {
  const { field, unit: counted } = QUANTITIES[quantity];
  const { alone, style } = LOOKS[counted];
  return { text: alone(unit[field]), style: style(unit[field]) };
}
