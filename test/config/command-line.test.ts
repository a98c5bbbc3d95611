import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPTIONAL_METRICS } from '../../src/telemetry/choices.ts';
import { configIn, loadIn, refusedIn } from './loading.ts';

const refused = (...argv: string[]) => refusedIn({}, argv).message;
const withTarget = (...argv: string[]) => refused('--service', 'nginx', ...argv);

test('an interval that is not above zero is rejected with the words of the README', () => {
  for (const text of ['0', '0.0', '0ms', '-1', '-0.5s']) {
    assert.match(withTarget('--interval', text), /--interval must be > 0/);
    assert.match(withTarget(`--interval=${text}`), /--interval must be > 0/);
    assert.ok(withTarget('--interval', text).endsWith(`not "${text}"`));
  }
});

test('an interval that is not a number is rejected, with the accepted values', () => {
  for (const text of ['abc', '80abc', 'NaN', 'Infinity', '1e3', '0x1', ' ', '1,5']) {
    assert.match(
      withTarget('--interval', text),
      /^--interval must be a duration > 0 \(.*500ms, 2s, 1m, 1h\), not "/,
    );
  }
});

test('a negative or unreadable duration is rejected', () => {
  assert.match(withTarget('--duration', '-5'), /^--duration must be >= 0 .*, not "-5"$/);
  assert.match(withTarget('--duration', 'soon'), /^--duration must be a duration >= 0 .*, not "soon"$/);
});

test('an error has the option, the value and the accepted values', () => {
  const error = refusedIn({}, ['--pid', '0']);
  assert.equal(error.option, '--pid');
  assert.equal(error.value, '0');
  assert.equal(error.accepted, 'a whole number from 1 to 4194304');
  assert.equal(refusedIn({}, ['--pid', '1', '--interval', '597h']).accepted, 'at most 596h');
});

test('a command accepts only its own options, and names the command of another', () => {
  assert.match(
    refused('replay', 'f', '--interval', '1'),
    /^replay takes no --interval: it is an option of track; unitledger replay --help shows those of replay$/,
  );
  assert.equal(refused('replay', 'f', '--sumary', 'x'), 'unknown option --sumary; did you mean --summary?');
  assert.equal(refused('replay', 'f', '-x'), 'unknown option -x; unitledger replay --help lists all options');
});

test('doctor accepts every option of the run that it checks, and refuses what the run would', () => {
  const run = ['--interval', '1s', '--record', 'r.ulr', '--listen', '9464', '--live', '--summary', 'none'];
  const loaded = loadIn({}, ['doctor', '--service', 'nginx', ...run, '--spool-lifetime', 'pod']);
  assert.ok('command' in loaded && loaded.command === 'doctor');
  assert.deepEqual(loaded.config.targets, [{ kind: 'unit', name: 'nginx.service' }]);
  assert.match(refused('doctor', '--interval', '0'), /^--interval must be > 0/);
  const withoutDirectory = loadIn({}, ['doctor', '--report', 'none/r.html']);
  assert.ok('command' in withoutDirectory && withoutDirectory.command === 'doctor');
  assert.match(withoutDirectory.config.outputFault!, /since there is no directory "none"$/);
  assert.match(refusedIn({ env: { UNITLEDGER_WEB: 'x' } }, ['doctor']).message, /^UNITLEDGER_WEB must be/);
  const files = { 'c.yaml': 'service: nginx\ninterval: 0\n' };
  assert.match(refusedIn({ files }, ['doctor', '--config', 'c.yaml']).message, /^interval in c.yaml must be/);
  assert.match(refused('doctor', '--fail-if', 'cpu.avg>1'), /^doctor takes no --fail-if: .* of compare/);
});

test('a file is written by one option, and is none of those that are read', () => {
  assert.equal(
    withTarget('--record', 'r', '--report', './r'),
    '--record must be a file of its own, not "r", which --report names as well',
  );
  assert.match(
    withTarget('--summary-file', 'r', '--report', 'r'),
    /file of its own, not "r", which --summary-f/,
  );
  assert.match(
    refused('report', 'a', '--report', './a'),
    /^--report must be .*, not "\.\/a", which is read$/,
  );
  assert.match(refused('replay', 'a', '--summary-file', 'a'), /^--summary-file must be .* which is read$/);
  assert.match(refused('compare', 'a', 'b', '--output', 'b'), /^--output must be .* which is read$/);
  const world = { directories: ['/dev'] };
  const twice = ['--summary-file', '/dev/stdout', '--report', '/dev/stdout'];
  assert.equal(configIn(world, ['--service', 'nginx', ...twice]).reportFile, '/dev/stdout');
  const inMemory = ['--service', 'nginx', '--summary-file', '/dev/shm/x', '--report', '/dev/shm/x'];
  assert.match(refusedIn({ directories: ['/dev/shm'] }, inMemory).message, /must be a file of its own/);
});

test('a command that takes a file accepts one', () => {
  assert.equal(refused('replay'), 'replay needs a file: unitledger replay FILE');
  assert.equal(refused('replay', ''), 'replay needs a file: unitledger replay FILE');
  assert.equal(refused('replay', 'a', 'b\n'), 'replay takes only one file; "b\\n" is a second one');
  const loaded = loadIn({}, ['--summary', 'json', 'replay', '--', '--odd']);
  assert.ok('command' in loaded && loaded.command === 'replay');
  assert.equal(loaded.config.file, '--odd');
  assert.equal(loaded.config.summary, 'json');
});

test('a recording is played or exported, and a played one has a summary on request only', () => {
  assert.equal(
    refused('replay', 'f', '--traces', '--live'),
    '--traces sends the spans of the recording, and --live plays it: leave one of them out',
  );
  assert.equal(
    refused('replay', 'f', '--to', 'csv', '--traces'),
    '--traces sends the spans of the recording, and --to csv writes to standard output: leave one of them out',
  );
  assert.equal(
    refused('replay', 'f', '--live', '--to', 'otlp'),
    '--live plays the recording, and --to otlp exports it: leave one of them out',
  );
  const summaryOf = (...args: string[]) => {
    const loaded = loadIn({}, ['replay', 'f', '--live', ...args]);
    assert.ok('command' in loaded && loaded.command === 'replay' && loaded.config.live);
    return loaded.config.summary;
  };
  assert.equal(summaryOf(), 'none');
  assert.equal(summaryOf('--summary', 'json'), 'json');
  assert.equal(summaryOf('--summary-file', 'x'), 'table');
});

test('variables and files may have options of all commands, and each command uses its own', () => {
  const env = { UNITLEDGER_SERVICE: 'nginx', UNITLEDGER_SUMMARY: 'csv', UNITLEDGER_CONFIG: 'c.yaml' };
  const files = { 'c.yaml': 'interval: 2\nsummary-rows: 3\n' };
  const loaded = loadIn({ env, files }, ['replay', 'f']);
  assert.ok('command' in loaded && loaded.command === 'replay');
  assert.equal(loaded.config.summary, 'csv');
  assert.equal(loaded.config.summaryRows, 3);
  assert.deepEqual(loaded.config.warnings, []);
});

test('a misspelt command is not mistaken for a unit', () => {
  assert.match(refused('replya', 'f'), /^unknown command "replya"; did you mean "replay"\?/);
});

test('an unknown option is rejected, and a similar name is suggested', () => {
  assert.equal(withTarget('--intreval', '5'), 'unknown option --intreval; did you mean --interval?');
  assert.equal(withTarget('--intervall=5'), 'unknown option --intervall; did you mean --interval?');
  assert.equal(withTarget('--units', 'x'), 'unknown option --units; did you mean --unit?');
  assert.equal(
    withTarget('--frobnicate'),
    'unknown option --frobnicate; unitledger --help all lists all options',
  );
  assert.equal(withTarget('-x'), 'unknown option -x; unitledger --help all lists all options');
  assert.equal(
    refused('make', '-j4'),
    'unknown option -j; unitledger --help all lists all options; to run and track make, put -- before it: -- make …',
  );
  assert.match(withTarget('--__proto__=1'), /^unknown option --__proto__/);
  assert.match(withTarget('--constructor'), /^unknown option --constructor/);
  assert.match(withTarget('--interval\u001b[2J'), /^unknown option --interval\\x1b\[2J/);
});

test('a flag without its value is rejected, whatever follows', () => {
  assert.match(withTarget('--interval'), /^--interval needs a value: it must be > 0/);
  assert.match(withTarget('--interval='), /^--interval needs a value: /);
  assert.match(withTarget('--interval', ''), /^--interval needs a value: /);
  assert.match(
    withTarget('--interval', '--duration', '5'),
    /^--interval needs a value, but "--duration" follows/,
  );
  assert.match(withTarget('--summary-file', '-x'), /^--summary-file needs a value, but "-x" follows/);
  assert.match(refused('--service', '--', 'ls'), /^--service needs a value/);
});

test('a switch accepts only true or false', () => {
  assert.equal(configIn({}, ['--pid', '1', '--show-cmdline']).showCommandLine, true);
  assert.equal(configIn({}, ['--pid', '1', '--show-cmdline=false']).showCommandLine, false);
  assert.equal(withTarget('--show-cmdline=maybe'), '--show-cmdline must be true or false, not "maybe"');
  assert.match(withTarget('--help=please'), /^--help takes no value, not "please"$/);
});

test('exit records are used if available, unless they are requested explicitly or disabled', () => {
  const mode = (...args: string[]) => configIn({}, ['--pid', '1', ...args]).exitRecords;
  assert.equal(mode(), 'auto');
  assert.equal(mode('--exit-records'), 'on');
  assert.equal(mode('--exit-records', '--live'), 'on');
  for (const [text, meant] of [
    ['auto', 'auto'],
    ['on', 'on'],
    ['off', 'off'],
    // As a switch was written, and as YAML 1.1 reads on and off.
    ['true', 'on'],
    ['false', 'off'],
  ] as const) {
    assert.equal(mode(`--exit-records=${text}`), meant);
    assert.equal(mode('--exit-records', text), meant);
    const env = { UNITLEDGER_EXIT_RECORDS: text };
    assert.equal(configIn({ env }, ['--pid', '1']).exitRecords, meant);
  }
  assert.match(withTarget('--exit-records=maybe'), /^--exit-records must be auto, on or off, not "maybe"/);
});

test('a switch does not consume the next argument', () => {
  assert.match(withTarget('--show-cmdline', 'foo'), /^unexpected argument "foo"/);
});

test('an argument that belongs to no flag is rejected, with a suggestion', () => {
  assert.match(
    refused('nginx'),
    /^unexpected argument "nginx": to track that unit, use --service nginx; .* put -- before it$/,
  );
  assert.match(refused('track', 'nginx'), /use --service nginx/);
  assert.match(refused('4711'), /use --pid 4711/);
  assert.match(refused('/bin/true'), /name targets with --service, --cgroup or --pid; .* put -- before it$/);
  assert.match(refused('-'), /^unexpected argument "-"/);
});

test('the main command may be named or omitted', () => {
  assert.deepEqual(configIn({}, ['track', '--pid', '7']), configIn({}, ['--pid', '7']));
});

test('the last occurrence of an option counts', () => {
  assert.equal(configIn({}, ['--pid', '7', '--interval', '1', '--interval=2']).intervalSeconds, 2);
});

test('a value that is out of range or not on the list is rejected', () => {
  assert.match(
    withTarget('--summary', 'xml'),
    /^--summary must be table, json, csv, markdown or none, not "xml"$/,
  );
  assert.match(
    withTarget('--log-level', 'loud'),
    /^--log-level must be none, error, warn, info or debug, not "loud"$/,
  );
  assert.match(
    withTarget('--summary-rows', '-1'),
    /^--summary-rows must be all, or a whole number from 0 to 1000000, not "-1"$/,
  );
  assert.match(withTarget('--summary-rows', '1.5'), /^--summary-rows must be all, or a whole number/);
  assert.match(
    withTarget('--export', 'statsd'),
    /^--export must be otlp, prometheus, console or none, not "statsd"$/,
  );
  assert.match(withTarget('--export', ','), /^--export must be otlp, prometheus, console or none, not ","$/);
  assert.match(withTarget('--proc-root', 'a\0b'), /^--proc-root must be a path, not "a\\x00b"$/);
});

test('exporters are a list, each once, and none is exclusive', () => {
  const exporters = (...argv: string[]) => configIn({}, ['--pid', '1', ...argv]).exporters;
  assert.deepEqual(exporters(), ['otlp']);
  assert.deepEqual(exporters('--export', 'console, otlp,console'), ['console', 'otlp']);
  assert.deepEqual(exporters('--export', 'otlp', '--export=console'), ['otlp', 'console']);
  assert.deepEqual(exporters('--export', 'none'), []);
  assert.match(
    withTarget('--export', 'none,otlp'),
    /^--export must be none alone or a list without it, not "none,otlp"$/,
  );
  assert.match(refusedIn({}, ['doctor', '--export', 'none,otlp']).message, /^--export must be none alone/);
});

test('details of processes are a list, each once, and none is exclusive', () => {
  const details = (...argv: string[]) => configIn({}, ['--pid', '1', ...argv]).processDetails;
  assert.deepEqual(details(), []);
  assert.deepEqual(details('--process-details', 'pss, threads,pss'), ['pss', 'threads']);
  assert.deepEqual(details('--process-details', 'none'), []);
  assert.match(
    withTarget('--process-details', 'threads,none'),
    /^--process-details must be none alone or a list without it, not "threads,none"$/,
  );
  assert.match(
    withTarget('--process-details', 'thread'),
    /^--process-details "thread": did you mean threads\? It must be threads, faults, uptime, context-switches, descriptors, run-queue, pss or none$/,
  );
  assert.match(
    withTarget('--process-names', 'cmdline'),
    /^--process-names must be comm or title, not "cmdline"$/,
  );
});

test('metrics that are off by default are enabled by name, each once; others are rejected', () => {
  const metrics = (...argv: string[]) => configIn({}, ['--pid', '1', ...argv]).optionalMetrics;
  assert.deepEqual(metrics(), []);
  assert.deepEqual(metrics('--metrics', 'none'), []);
  const [share, io] = ['unitledger.unit.pressure.share', 'unitledger.process.transfer.io'];
  assert.deepEqual(metrics('--metrics', `${share}, ${io},${share}`), [share, io]);
  assert.match(
    withTarget('--metrics', `${share},none`),
    /^--metrics must be none alone or a list without it, not "unitledger.unit.pressure.share,none"$/,
  );
  // One that nobody knows, one that is on anyway, and one that another option turns on.
  for (const name of ['unitledger.unit.cpu.max', 'unitledger.unit.cpu.usage', 'process.thread.count']) {
    const message = withTarget('--metrics', name);
    assert.ok(message.startsWith(`--metrics "${name}"`), message);
    assert.ok(message.endsWith(`t must be ${OPTIONAL_METRICS.join(', ')} or none`), message);
  }
});

test('an export may take longer than the interval between two, because they are sent one at a time', () => {
  const read = configIn({}, ['--pid', '1', '--export-interval', '2', '--export-timeout', '3s']);
  assert.equal(read.exportTimeoutSeconds, 3);
  assert.deepEqual(read.warnings, []);
  assert.equal(configIn({}, ['--pid', '1', '--export-interval', '2']).exportTimeoutSeconds, 10);
});

test('a summary file needs an existing directory, and is not a directory itself', () => {
  const world = { directories: ['/out', '.'] };
  const argv = (file: string) => ['--pid', '1', '--summary-file', file];
  assert.equal(configIn(world, argv('/out/summary.json')).summaryFile, '/out/summary.json');
  assert.equal(configIn(world, argv('summary.json')).summaryFile, 'summary.json');
  assert.match(
    refusedIn(world, argv('/nope/summary.json')).message,
    /^--summary-file must be .* no directory "\/nope"$/,
  );
  assert.match(refusedIn(world, argv('/out')).message, /^--summary-file must be .*, which is a directory$/);
});

test('a recording needs an existing directory, and is not a directory itself', () => {
  const world = { directories: ['/out', '.'] };
  const config = configIn(world, ['--pid', '1', '--record', '/out/a.ulr', '--record-size', '2MiB']);
  assert.equal(config.recordFile, '/out/a.ulr');
  assert.equal(config.recordFileBytes, 2 * 1024 * 1024);
  assert.equal(config.recordFiles, 4);
  assert.match(refusedIn(world, ['--pid', '1', '--record', '/no/a']).message, /^--record must be .* "\/no"$/);
  assert.match(refusedIn(world, ['--pid', '1', '--record', '/out']).message, /which is a directory$/);
});

test('a size is a number of bytes, or has a unit', () => {
  const sized = (text: string) => configIn({}, ['--pid', '1', '--record-size', text]).recordFileBytes;
  assert.equal(sized('1048576'), 2 ** 20);
  assert.equal(sized('1.5GiB'), 1.5 * 2 ** 30);
  for (const text of ['1MB', '1m', '-1', '1023KiB', '1e9', '', ' '])
    assert.match(
      withTarget('--record-size', text),
      /^--record-size (must be|needs a value: it must be) a size of at least 1MiB/,
    );
  assert.match(withTarget('--record-size', '99999999TiB'), /^--record-size must be at most 1024TiB, not/);
});

test('an interval that is too short for a sample causes a warning', () => {
  assert.match(
    configIn({}, ['--service', 'nginx', '--interval', '1ms']).warnings.join(),
    /^--interval of 0\.001 s is shorter .*; use at least 0\.01 s$/,
  );
  for (const interval of ['10ms', '0.5'])
    assert.deepEqual(configIn({}, ['--service', 'nginx', '--interval', interval]).warnings, []);
});

test('help and version also work as words', () => {
  const helpOf = (...argv: string[]) => (loadIn({}, argv) as { readonly help: string }).help;
  assert.equal(helpOf('help'), helpOf('--help'));
  assert.equal(helpOf('help', 'replay'), helpOf('replay', '--help'));
  assert.deepEqual(loadIn({}, ['version']), { version: true });
  assert.deepEqual(loadIn({}, ['-V']), { version: true });
  assert.equal(refusedIn({}, ['help', 'repaly']).message, 'unknown command "repaly"; did you mean replay?');
  assert.equal(
    refusedIn({}, ['help', 'me']).message,
    'unknown command "me"; the commands are track, doctor, replay, report and compare',
  );
});

test('help and version take precedence over every mistake', () => {
  assert.ok('help' in loadIn({}, ['--help']));
  assert.ok('help' in loadIn({}, ['-h']));
  assert.ok(
    'help' in loadIn({ env: { UNITLEDGER_INTERVAL: 'x' } }, ['--nope', 'doctor', '--interval=0', '--help']),
  );
  assert.deepEqual(loadIn({}, ['--version']), { version: true });
});

test('everything after the first -- is the command, unchanged', () => {
  assert.deepEqual(configIn({}, ['--', 'sh', '-c', '--help', '--', '']).targets, [
    { kind: 'command', argv: ['sh', '-c', '--help', '--', ''] },
  ]);
  assert.match(refused('--'), /^-- must be followed by a command/);
  assert.match(refused('--', ''), /^-- must be followed by a command/);
  assert.match(refused('--', 'a\0b'), /zero byte/);
});

test('--web may be given without an address, in any position', () => {
  const web = (...argv: string[]) => {
    const { web } = configIn({}, ['--service', 'nginx', ...argv]);
    return web === undefined ? undefined : `${web.named} ${web.host}:${web.port}`;
  };
  assert.equal(web(), undefined);
  for (const argv of [['--web'], ['--web', '--live'], ['--web', '--interval', '1']])
    assert.equal(web(...argv), '--web 127.0.0.1:9465', argv.join(' '));
  assert.equal(web('--web', '8080'), '--web 127.0.0.1:8080');
  assert.equal(web('--web=0.0.0.0:8080'), '--web 0.0.0.0:8080');
  assert.equal(configIn({}, ['--web', '--', 'true']).web?.port, 9465);
  assert.match(withTarget('--web', 'example'), /^--web must be PORT or HOST:PORT .*, not "example"$/);
  assert.match(withTarget('--web='), /^--web needs a value/);
});

test('a misspelt word of an option is answered with a suggestion', () => {
  for (const [args, said] of [
    [
      ['--summary', 'jsno'],
      '--summary "jsno": did you mean json? It must be table, json, csv, markdown or none',
    ],
    [['--export', 'prometeus'], '--export "prometeus": did you mean prometheus? It must be '],
    [['--summary-sort', 'cpuu'], '--summary-sort "cpuu": did you mean cpu? It must be pid, '],
    [
      ['--process-details', 'thread'],
      '--process-details "thread": did you mean threads? It must be threads, ',
    ],
    [['--metrics', 'nothing.alike'], '--metrics "nothing.alike" is not accepted: it must be unitledger.'],
    [['trak'], 'unknown command "trak"; did you mean "track"? To run and track a command, put -- before it'],
  ] as const)
    assert.ok(withTarget(...args).startsWith(said), withTarget(...args));
});
