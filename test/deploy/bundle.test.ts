import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { Ajv } from 'ajv';
import * as esbuild from 'esbuild';
import manifest from '../../package.json' with { type: 'json' };
import { NODE_FLAGS } from '../../scripts/build.ts';
import { rarelyUsedLater } from '../../scripts/bundle-plugins.ts';
import { withNode } from '../../scripts/sbom.ts';
import type { RunDocument } from '../../src/ledger/document/run-document.ts';
import { putBundle } from '../bundle.ts';
import { TmuxTerminal, tmuxAvailable } from '../end-to-end/live/tmux.ts';
import { skipUnless } from '../skip.ts';
import { GrpcCollector } from '../telemetry/export/grpc-collector.ts';

const root = resolve(import.meta.dirname, '../..');
// A bundle has a compile cache of its own.
delete process.env.NODE_COMPILE_CACHE;

describe('the bundle', () => {
  let folder: string;
  let program: string;

  before(async () => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'unitledger-bundle-'));
    const built = join(folder, 'built');
    await putBundle(built);
    // All that follows runs from where it was not built, with no checkout above it.
    renameSync(built, join(folder, 'moved'));
    program = join(folder, 'moved/unitledger.mjs');
  });
  after(() => rmSync(folder, { recursive: true }));

  function run(...args: string[]) {
    return spawnSync(process.execPath, [program, ...args], { cwd: '/', encoding: 'utf8' });
  }

  test('runs out of the package that npm pack makes, without any other package', () => {
    const source = join(folder, 'source');
    for (const file of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE'])
      cpSync(join(root, file), join(source, file));
    cpSync(dirname(program), join(source, 'dist'), { recursive: true });
    // `prepack` runs the build that the bundle is of.
    const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
    execFileSync('npm', pack, { cwd: source });
    const archive = `unitledger-${manifest.version}.tgz`;
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.tgz')),
      [archive],
    );
    execFileSync('tar', ['xf', join(folder, archive), '-C', folder]);
    const packed = join(folder, 'package', manifest.bin.unitledger);
    const runPacked = (...args: string[]) =>
      spawnSync(process.execPath, [packed, ...args], { cwd: '/', encoding: 'utf8' });
    assert.equal(runPacked('--version').stdout, `unitledger ${manifest.version}\n`);
    const { status, stdout, stderr } = runPacked(
      '--export',
      'none',
      '--summary',
      'csv',
      '--',
      'sleep',
      '0.3',
    );
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^kind,unit,pid,name,/);
  });

  test('says its version', () => {
    assert.equal(run('--version').stdout, `unitledger ${manifest.version}\n`);
  });

  test('is a program by itself', () => {
    assert.equal(statSync(program).mode & 0o777, 0o755);
    assert.match(
      readFileSync(program, 'utf8'),
      /^#!\/usr\/bin\/env -S node --max-semi-space-size=1 --no-concurrent-recompilation --no-parallel-scavenge\n/,
    );
    assert.equal(
      spawnSync(program, ['--version'], {
        encoding: 'utf8',
        env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` },
      }).stdout,
      run('--version').stdout,
    );
  });

  test('tracks a command, logs in JSON lines and passes the exit code through', () => {
    const command = ['sh', '-c', 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; exit 7'];
    const { status, stdout, stderr } = run('--export', 'none', '--summary', 'json', '--', ...command);
    assert.equal(status, 7, stderr);
    assert.equal((JSON.parse(stdout) as RunDocument).units[0]!.processes[0]!.name, 'sh');
    for (const line of stderr.trim().split('\n')) assert.equal(typeof JSON.parse(line).msg, 'string');
  });

  test('reads a configuration file, and refuses one with too many aliases', () => {
    const file = join(folder, 'configuration.yaml');
    const tracked = ['--config', file, '--pid', String(process.pid), '--log-level', 'none'];
    writeFileSync(file, 'interval: 0.1\nduration: 0.3\nsummary: json\nexport: none\n');
    const { status, stdout, stderr } = run(...tracked);
    assert.equal(status, 0, stderr);
    assert.equal((JSON.parse(stdout) as RunDocument).units.length, 1);

    writeFileSync(file, `interval: &second 1\nduration: [${'*second, '.repeat(101)}]\n`);
    const refused = run(...tracked);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /it holds more than 100 aliases/);
  });

  test('reads properties of a function of a module that is loaded later', async () => {
    const contents = "import { visit } from 'yaml'; console.log(String(visit.BREAK));";
    const { outputFiles } = await esbuild.build({
      stdin: { contents, resolveDir: root },
      bundle: true,
      write: false,
      platform: 'node',
      plugins: [rarelyUsedLater],
    });
    const { stdout, stderr } = spawnSync(process.execPath, ['-'], {
      encoding: 'utf8',
      input: outputFiles[0]!.text,
    });
    assert.equal(stdout, 'Symbol(break visit)\n', stderr);
  });

  test('sends OTLP by gRPC, which is loaded for that alone', { timeout: 60_000 }, async () => {
    const collector = new GrpcCollector();
    const port = await collector.start();
    const env = {
      ...process.env,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    };
    const args = [program, '--summary', 'json', '--', 'true'];
    const child = spawn(process.execPath, args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    collector.stop();
    assert.equal(code, 0, stderr);
    assert.deepEqual((JSON.parse(stdout) as RunDocument).export, { delivered: 1, failed: 0, spooled: 0 });
    assert.equal(collector.received.length, 1);
    assert.match(collector.received[0]!.message.toString('latin1'), /service\.name.*unitledger/s);
  });

  test('brings the live view, which is loaded for that alone', () => {
    const { status, stderr } = run('--live', '--export', 'none', '--pid', '1');
    assert.equal(status, 2);
    assert.match(stderr, /^unitledger: --live needs a terminal, /);
  });

  test('shows the live view on a terminal', skipUnless(tmuxAvailable()), async () => {
    using terminal = await TmuxTerminal.open();
    terminal.typeLine(`cd /; ${process.execPath} ${program} --live --pid ${process.pid}`);
    await terminal.shows(/^ pid:\d+ {2}running, /);
    await terminal.shows(/^ q Quit/);
    terminal.press('q');
    await terminal.shows(/^Export: /);
  });

  test('finds the native library beside itself', () => {
    const require = createRequire(join(folder, 'moved/main.mjs'));
    assert.equal(require.resolve('koffi'), join(folder, 'moved/node_modules/koffi/index.cjs'));
    assert.equal(require('koffi').version, manifest.optionalDependencies.koffi);
  });

  test('has all that it begins with compiled, and begins without that as well', () => {
    const chunks = join(folder, 'moved/chunks');
    const [script] = readdirSync(chunks).filter((name) => name.endsWith('.cjs'));
    // A script may not import.
    assert.doesNotMatch(readFileSync(join(chunks, script!), 'utf8'), /\bimport\(/);
    const lookAt = `const { readFileSync } = require('node:fs');
      const [filename] = process.argv.slice(-1);
      const cachedData = readFileSync(filename + '.compiled');
      const script = new vm.Script(readFileSync(filename, 'latin1'), { filename, cachedData });
      console.log(script.cachedDataRejected);`;
    for (const flags of [[], NODE_FLAGS])
      assert.equal(
        spawnSync(process.execPath, [...flags, '--eval', lookAt, join(chunks, script!)], { encoding: 'utf8' })
          .stdout,
        'false\n',
      );
    const compiled = readFileSync(join(chunks, `${script}.compiled`));
    for (const data of [
      undefined,
      compiled.subarray(0, compiled.length / 2),
      Buffer.from('of another Node'),
    ]) {
      const bare = join(folder, 'uncompiled');
      cpSync(join(folder, 'moved'), bare, { recursive: true });
      rmSync(join(bare, `chunks/${script}.compiled`));
      if (data !== undefined) writeFileSync(join(bare, `chunks/${script}.compiled`), data);
      const args = [
        join(bare, 'unitledger.mjs'),
        '--export',
        'none',
        '--summary',
        'json',
        '--',
        'sleep',
        '0',
      ];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: '/', encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      assert.equal((JSON.parse(stdout) as RunDocument).units.length, 1);
      rmSync(bare, { recursive: true });
    }
  });

  test('still starts where the native library is missing', () => {
    const bare = join(folder, 'bare');
    cpSync(join(folder, 'moved'), bare, { recursive: true });
    rmSync(join(bare, 'node_modules'), { recursive: true });
    const args = [join(bare, 'unitledger.mjs'), '--export', 'none', '--', 'sleep', '1'];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: '/', encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /CPU is counted in ticks/);
  });

  test('says in one sentence which Node it needs, when that of the machine is older', () => {
    const pretence =
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })";
    const older = ['--import', `data:text/javascript,${encodeURIComponent(pretence)}`, program, '--version'];
    const { status, stdout, stderr } = spawnSync(process.execPath, older, { encoding: 'utf8' });
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.equal(
      stderr,
      `unitledger needs Node.js 24 or newer, and this is 20.20.2 (${process.execPath}).\n`,
    );
    // An older Node refuses a whole file for one statement it does not know, and links static imports first.
    assert.doesNotMatch(readFileSync(program, 'utf8'), /^import\s*[\w{*'"]|\bawait\b|\?\.|\?\?/m);
  });

  test('passes on the licence of every package in it', () => {
    const notices = readFileSync(join(folder, 'moved/THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of Object.keys(manifest.dependencies)) {
      assert.match(notices, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'), name);
    }
    assert.match(notices, /^koffi \d/m);
  });

  test('lists its packages as CycloneDX defines such a list', () => {
    const bom = JSON.parse(readFileSync(join(folder, 'moved/sbom.cdx.json'), 'utf8'));
    const schemas = join(root, 'node_modules/@cyclonedx/cyclonedx-library/res/schema');
    const ajv = new Ajv({ strict: false, validateFormats: false });
    for (const name of ['bom-1.6', 'spdx', 'jsf-0.82', 'cryptography-defs']) {
      const file = `${name}.SNAPSHOT.schema.json`;
      const schema = JSON.parse(readFileSync(join(schemas, file), 'utf8'));
      ajv.addSchema({ ...schema, $id: `http://cyclonedx.org/schema/${file}` });
    }
    const bomSchema = 'http://cyclonedx.org/schema/bom-1.6.SNAPSHOT.schema.json';
    for (const text of [JSON.stringify(bom), withNode(JSON.stringify(bom), 'MIT', process.versions)])
      assert.ok(ajv.validate(bomSchema, JSON.parse(text)), ajv.errorsText());
    const purls = bom.components.map(({ purl }: { purl: string }) => purl);
    for (const [name, version] of Object.entries(manifest.dependencies))
      assert.ok(purls.includes(`pkg:npm/${name.replace('@', '%40')}@${version}`), name);
    // What has a licence to pass on is in the list, and the other way round.
    const notices = readFileSync(join(folder, 'moved/THIRD-PARTY-LICENSES.txt'), 'utf8');
    assert.equal(purls.length, notices.split(`\n${'-'.repeat(80)}\n`).length - 1);
  });
});
