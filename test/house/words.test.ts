import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

/**
 * Phrases that slow readers down: archaic words, and passives that hide who does what. Write the plain word instead:
 * "logs", "reports" or "prints" for "is said", "recently" for "of late", "usually" for "as a rule", "again" or
 * "recreated" for "anew", "next to" or "in addition to" for "beside it", and a noun for "whoever".
 */
const PHRASES =
  /\b(whoever|anew|(is|are|was|were) (said|told)|tells? of|told of|of late|beside (it|its|their)|gives? back|given back|as a rule|stands there|meanwhile|in the place of|what became of|whichever way|be had|the (tick|sample) before [^bit])\b/gi;

/** Without CHANGELOG.md, a history that keeps its words. */
const FILES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'docs/**/*.{md,json}',
  'bench/*.md',
  'helm/**/*.{md,yaml,json,tpl,txt}',
  'deploy/**/*.{md,yaml,yml,service}',
  // `--help`, messages, descriptions of metrics and options, and comments.
  'src/**/*.{ts,css}',
];

test('no text that people read has a phrase that is harder to read than the plain word for it', () => {
  const files = FILES.flatMap((pattern) => globSync(pattern));
  assert.ok(files.length > 300, `${files.length} files`);
  const found = files.flatMap((file) => {
    // A phrase may be broken over two lines, of Markdown or of a comment.
    const text = readFileSync(file, 'utf8').replaceAll(/\n[\s/*>#]*/g, ' ');
    const near = (at: number) => text.slice(Math.max(0, at - 40), at + 40);
    return [...text.matchAll(PHRASES)].map(({ 0: phrase, index }) => `${file}: ${phrase}: ${near(index)}`);
  });
  assert.deepEqual(found, []);
});
