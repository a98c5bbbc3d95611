import { editDistance } from '../../text/edit-distance.ts';
import { isGlob } from '../../text/glob.ts';
import { UnitPattern } from './unit-pattern.ts';

const MOST_NAMES = 3;

/**
 * Up to three suggestions for `name` from `candidates`, the likeliest first: names that contain it or are contained in
 * it, and names that differ in few letters. Suffixes (`.service`) are ignored. For a pattern: names that match it, and
 * names with almost the same beginning.
 */
export function suggestions(name: string, candidates: Iterable<string>): string[] {
  const distanceOf = isGlob(name) ? distanceFromPattern(new UnitPattern(name)) : distanceFromName(name);
  const near: { candidate: string; distance: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const distance = distanceOf(candidate);
    if (distance !== null) near.push({ candidate, distance });
  }
  near.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return near.slice(0, MOST_NAMES).map(({ candidate }) => candidate);
}

type DistanceOf = (candidate: string) => number | null;

function distanceFromName(name: string): DistanceOf {
  const asked = stemOf(name);
  return (candidate) => distanceBetween(asked, stemOf(candidate));
}

function distanceFromPattern(pattern: UnitPattern): DistanceOf {
  const asked = pattern.prefix.toLowerCase();
  return (candidate) => {
    if (pattern.matches(candidate)) return 0;
    return distanceBetween(asked, stemOf(candidate).slice(0, asked.length));
  };
}

function stemOf(unit: string): string {
  const name = unit.slice(unit.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return (dot > 0 ? name.slice(0, dot) : name).toLowerCase();
}

/** 0 or more; null: too different. */
function distanceBetween(asked: string, stem: string): number | null {
  if (asked === '' || stem === '') return null;
  const few = Math.max(1, Math.floor(Math.min(asked.length, stem.length) / 3));
  const edits =
    Math.abs(asked.length - stem.length) > few ? Number.POSITIVE_INFINITY : editDistance(asked, stem);
  if (edits <= few) return edits;
  if (Math.min(asked.length, stem.length) >= 3 && (stem.includes(asked) || asked.includes(stem))) {
    // Ranks after names that differ in a few letters; shorter remainders first.
    return few + 1 + Math.abs(asked.length - stem.length) / 1000;
  }
  return null;
}
