import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { PROMETHEUS_VARIABLES } from '../../src/config/commands/track.ts';
import { flagOf, holdsValue, namesOf, type Option, variablesOf } from '../../src/config/option.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { OTLP_VARIABLES, variablesOfSignals } from '../../src/config/otlp-variables.ts';
import { TRACES_VARIABLES } from '../../src/config/traces-variables.ts';
import { codeSpans, PAGES, root } from './documents.ts';

const OWN = OPTIONS as readonly Option[];

/** Flags of other programs in the prose, by the program. */
const OTHER_FLAGS: Readonly<Record<string, readonly string[]>> = {
  docker: ['--init', '--ulimit'],
  'helm test': ['--logs'],
  'npm test': ['--test-name-pattern'],
  'npm run bench': ['--against', '--host', '--only', '--quick'],
  prometheus: ['--web.enable-otlp-receiver'],
  V8: [
    '--always-sparkplug',
    '--heap-growing-percent',
    '--initial-old-space-size',
    '--lite-mode',
    '--log-function-events',
    '--max-optimized-bytecode-size',
    '--max-semi-space-size',
    '--no-concurrent-recompilation',
    '--no-lazy-feedback-allocation',
    '--no-maglev',
    '--no-parallel-scavenge',
    '--no-sparkplug',
    '--no-turbofan',
    '--optimize-for-size',
    '--single-threaded-gc',
    '--v8-pool-size',
  ],
};

const FLAGS = new Set([
  ...OWN.flatMap(namesOf).map((name) => flagOf({ name })),
  ...Object.values(OTHER_FLAGS).flat(),
]);

/** Variables that describe the resource, and one that is reported as unsupported. */
const OTHER_VARIABLES = ['OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES', 'OTEL_CONFIG_FILE'];

/** A misspelt variable, as an example of one. */
const MISSPELT = 'UNITLEDGER_INTERVALL';
const VARIABLES = new Set([
  ...OTHER_VARIABLES,
  ...OWN.flatMap(variablesOf),
  ...OWN.flatMap((option) => (holdsValue(option) ? option.standard.map(({ variable }) => variable) : [])),
  ...[
    ...Object.values(OTLP_VARIABLES),
    ...Object.values(TRACES_VARIABLES),
    ...Object.values(PROMETHEUS_VARIABLES),
  ].flatMap(variablesOfSignals),
]);

/** Where the files that pages name may be. */
const FOLDERS = ['', 'src', 'docs', 'deploy/collector', 'helm'];

/** The anchor that GitHub makes of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

function anchorsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

describe('what the documents name is there', () => {
  for (const [page, markdown] of PAGES) {
    test(`links: ${page}`, () => {
      for (const [link, file = '', anchor] of markdown.matchAll(
        /\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g,
      )) {
        const target = file === '' ? join(root, page) : join(root, dirname(page), file);
        assert.ok(existsSync(target), `${page} links ${link.slice(1)}`);
        if (anchor !== undefined)
          assert.ok(
            anchorsOf(readFileSync(target, 'utf8')).includes(anchor),
            `${page} links ${link.slice(1)}`,
          );
      }
    });

    test(`files: ${page}`, () => {
      const paths = codeSpans(markdown).filter((code) =>
        /^[\w-][\w./-]*\/[\w.-]+\.(ts|mjs|yaml|json|md)$/.test(code),
      );
      // `npm run build` makes `dist/`.
      for (const path of paths.filter((each) => !each.startsWith('dist/')))
        assert.ok(
          FOLDERS.some((folder) => existsSync(join(root, folder, path))),
          `${page} names ${path}`,
        );
    });

    test(`options and variables: ${page}`, () => {
      const code = codeSpans(markdown).join('\n');
      const unknown = [...code.matchAll(/(?<![\w-])--[a-z][\w.-]*/g)]
        .map(([flag]) => flag)
        .filter((flag) => !FLAGS.has(flag));
      assert.deepEqual(unknown, [], page);
      const variables = markdown.match(/\b(OTEL|UNITLEDGER)_[A-Z_]*[A-Z]\b(?![_*])/g) ?? [];
      assert.deepEqual(
        variables.filter((name) => !VARIABLES.has(name) && name !== MISSPELT),
        [],
        page,
      );
    });
  }
});
