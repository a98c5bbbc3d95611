import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { watchHeaders } from '../../../src/telemetry/export/headers-file.ts';
import { RecordedLog } from '../recorded-log.ts';

describe('a file of headers', () => {
  let folder: string;
  let path: string;
  let log: RecordedLog;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-headers-'));
    path = join(folder, 'headers');
    log = new RecordedLog();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const watched = (text: string | Buffer) => {
    writeFileSync(path, text);
    return watchHeaders({ path, named: '--otlp-headers-file' }, log);
  };

  it('has one header a line, in either form, and comments', () => {
    const text = '# a secret\nAuthorization: Bearer a=b:c%20\n\n  x-tenant = 7 \r\nX-Empty:\nx-colon=a:b\n';
    assert.deepEqual(watched(text).current, {
      authorization: 'Bearer a=b:c%20',
      'x-tenant': '7',
      'x-empty': '',
      'x-colon': 'a:b',
    });
    assert.deepEqual(watched('').current, {});
  });

  it('is rejected at startup if it is unusable, and its contents are not repeated', () => {
    const takes = '; it takes a file with lines such as "api-key=…" or "Authorization: Bearer …".';
    for (const [text, what] of [
      ['x: 1\nsecret', 'line 2 has another form'],
      ['= secret', 'line 1 has another form'],
      ['a b: secret', 'line 1 has another form'],
      ['x\u00e4: secret', 'line 1 has characters that a header must not have'],
      ['x: se\u0000cret', 'line 1 has characters that a header must not have'],
      ['Content-Type: secret', 'line 1 is a header that OTLP itself sets'],
      ['x'.repeat(70_000), 'it is larger than 65536 bytes'],
    ] as const) {
      assert.throws(() => watched(text), {
        name: 'TelemetrySetupError',
        message: `--otlp-headers-file is "${path}", which cannot be used: ${what}${takes}`,
      });
    }
    unlinkSync(path);
    const missing = () => watchHeaders({ path, named: '--otlp-headers-file' }, log);
    assert.throws(missing, /which cannot be used: it cannot be read \(no such file or directory, ENOENT\);/);
    assert.throws(() => watchHeaders({ path: folder, named: 'X' }, log), /it is a directory;/);
  });

  it('is read again when it is written, renamed into place, or behind a link', () => {
    const headers = watched('x: 1');
    const first = headers.current;
    assert.equal(headers.current, first);
    writeFileSync(path, 'x: 22');
    assert.deepEqual(headers.current, { x: '22' });
    writeFileSync(`${path}.new`, 'x: 33');
    renameSync(`${path}.new`, path);
    assert.deepEqual(headers.current, { x: '33' });
    writeFileSync(join(folder, 'a'), 'x: 44');
    symlinkSync('a', `${path}.link`);
    renameSync(`${path}.link`, path);
    assert.deepEqual(headers.current, { x: '44' });
    assert.equal(log.said.length, 3);
    assert.equal(log.said[0], 'info: the OTLP headers changed and were reread');
  });

  it('keeps the previous headers when it becomes invalid, which is logged once', () => {
    const headers = watched('x: 1');
    writeFileSync(path, 'broken');
    assert.deepEqual(headers.current, { x: '1' });
    assert.deepEqual(headers.current, { x: '1' });
    chmodSync(path, 0o600);
    assert.deepEqual(headers.current, { x: '1' });
    assert.equal(log.said.length, 1);
    assert.match(
      log.said[0]!,
      /^warn: the OTLP headers changed and are invalid: the previous ones stay in use \(/,
    );
    unlinkSync(path);
    assert.deepEqual(headers.current, { x: '1' });
    assert.match(log.said[1]!, /it cannot be read \(no such file or directory, ENOENT\)/);
    writeFileSync(path, 'x: 2');
    assert.deepEqual(headers.current, { x: '2' });
  });
});
