import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Config } from '../../src/config/config.ts';
import { configIn, loadIn, refusedIn } from './loading.ts';

const SOURCES = ['file', 'standard', 'variable', 'flag'] as const;
type Source = (typeof SOURCES)[number];

interface Case {
  readonly option: string;
  readonly texts: { readonly [S in Source]?: string };
  readonly values: { readonly [S in Source | 'default']?: unknown };
  readonly read: (config: Config) => unknown;
  readonly standard?: string;
}

const CASES: readonly Case[] = [
  {
    option: 'interval',
    texts: { file: '1', variable: '2', flag: '3' },
    values: { default: 0.5, file: 1, variable: 2, flag: 3 },
    read: (config) => config.intervalSeconds,
  },
  {
    option: 'export-interval',
    standard: 'OTEL_METRIC_EXPORT_INTERVAL',
    texts: { file: '11', standard: '12000', variable: '13', flag: '14' },
    values: { default: 10, file: 11, standard: 12, variable: 13, flag: 14 },
    read: (config) => config.exportIntervalSeconds,
  },
  {
    option: 'export-timeout',
    standard: 'OTEL_METRIC_EXPORT_TIMEOUT',
    texts: { file: '1', standard: '2000', variable: '3', flag: '4' },
    values: { default: 10, file: 1, standard: 2, variable: 3, flag: 4 },
    read: (config) => config.exportTimeoutSeconds,
  },
  {
    option: 'export',
    standard: 'OTEL_METRICS_EXPORTER',
    texts: { file: 'console', standard: 'none', variable: '"otlp,console"', flag: 'otlp' },
    values: {
      default: ['otlp'],
      file: ['console'],
      standard: [],
      variable: ['otlp', 'console'],
      flag: ['otlp'],
    },
    read: (config) => config.exporters,
  },
  {
    option: 'log-level',
    standard: 'OTEL_LOG_LEVEL',
    texts: { file: 'none', standard: 'ERROR', variable: 'warn', flag: 'debug' },
    values: { default: 'info', file: 'none', standard: 'error', variable: 'warn', flag: 'debug' },
    read: (config) => config.logLevel,
  },
  {
    option: 'show-cmdline',
    texts: { file: 'true', variable: 'false', flag: 'true' },
    values: { default: false, file: true, variable: false, flag: true },
    read: (config) => config.showCommandLine,
  },
  {
    option: 'cgroup',
    texts: { file: '/a', variable: '/b', flag: '/c' },
    values: {
      default: [],
      file: [{ kind: 'cgroup', path: '/a' }],
      variable: [{ kind: 'cgroup', path: '/b' }],
      flag: [{ kind: 'cgroup', path: '/c' }],
    },
    read: (config) => config.targets.filter(({ kind }) => kind === 'cgroup'),
  },
];

test('for every option, the strongest source that sets it wins as a whole', () => {
  const picked = fc.tuple(...CASES.map(() => fc.subarray([...SOURCES])));
  fc.assert(
    fc.property(picked, (sourcesOf) => {
      const env: Record<string, string> = {};
      const argv = ['--pid', '1'];
      let file = '';
      CASES.forEach(({ option, texts, standard }, index) => {
        for (const source of sourcesOf[index]!) {
          const text = texts[source];
          if (text === undefined) continue;
          if (source === 'file') file += `${option}: ${text}\n`;
          else if (source === 'standard') env[standard!] = text;
          else if (source === 'variable')
            env[`UNITLEDGER_${option.toUpperCase().replaceAll('-', '_')}`] = unquoted(text);
          else argv.push(`--${option}=${text}`);
        }
      });
      if (file !== '') argv.push('--config', 'conf.yaml');
      const config = configIn({ env, files: { 'conf.yaml': file } }, argv);
      CASES.forEach(({ option, texts, values, read }, index) => {
        const strongest = SOURCES.findLast((source) => sourcesOf[index]!.includes(source) && source in texts);
        assert.deepEqual(
          read(config),
          values[strongest ?? 'default'],
          `${option} from ${strongest ?? 'default'}`,
        );
      });
    }),
  );
});

/** The text without the quotes that it needs in YAML. */
function unquoted(text: string): string {
  return text.replaceAll('"', '');
}

test('targets of different options add up across sources', () => {
  const config = configIn({ env: { UNITLEDGER_SERVICE: 'nginx' } }, ['--pid', '5']);
  assert.deepEqual(config.targets, [
    { kind: 'unit', name: 'nginx.service' },
    { kind: 'pid', pid: 5 },
  ]);
});

test('loading any command line ends in a result or a ConfigError with one printable sentence', () => {
  const known = [
    '--interval',
    '--service',
    '--unit',
    '--pid',
    '--cgroup',
    '--',
    '--help',
    '--config',
    '--live',
    'track',
  ];
  const likely = fc.constantFrom(
    ...known,
    'nginx',
    '0',
    '1',
    '-5',
    '500ms',
    '--export=otlp',
    '--show-cmdline',
    '-h',
    '',
  );
  const odd = fc.constantFrom(
    '--__proto__',
    '--constructor=1',
    '--=',
    '---',
    '-',
    '--interval=',
    '-hh',
    '--no-live',
  );
  const argument = fc.oneof(likely, odd, fc.string(), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 8 }), (argv) => {
      try {
        loadIn({}, argv);
      } catch {
        // refusedIn fails for any error that is no ConfigError with a printable sentence.
        refusedIn({}, argv);
      }
    }),
    { numRuns: 2000 },
  );
});

test('loading with any variables ends in a result or a ConfigError with one printable sentence', () => {
  const names = [
    'UNITLEDGER_INTERVAL',
    'UNITLEDGER_SERVICE',
    'UNITLEDGER_EXPORT',
    'UNITLEDGER_INTERVAL\u001b',
    'OTEL_SDK_DISABLED',
  ];
  names.push('OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_METRIC_EXPORT_TIMEOUT', '__proto__');
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.string({ unit: 'binary' })), (env) => {
      try {
        const { warnings } = configIn({ env });
        for (const warning of warnings) assert.doesNotMatch(warning, /[\p{Cc}\p{Cf}]/u);
      } catch {
        refusedIn({ env });
      }
    }),
    { numRuns: 500 },
  );
});
