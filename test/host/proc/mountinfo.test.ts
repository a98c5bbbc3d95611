import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ParseError } from '../../../src/host/parse-error.ts';
import { mountOf, parseMountinfo, readMounts } from '../../../src/host/proc/mountinfo.ts';

const TEXT = `22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw,hidepid=invisible
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
41 31 0:38 /../.. /host/sys/fs/cgroup rw,relatime master:1 propagate_from:2 - cgroup2 cgroup2 rw
42 27 0:21 / /host/pr\\040oc\\134x rw - proc proc rw
`;

describe('/proc/PID/mountinfo', () => {
  it('lists mounts with the options of the file system', () => {
    assert.deepEqual(parseMountinfo(TEXT), [
      { root: '/', mountPoint: '/proc', type: 'proc', options: ['rw', 'hidepid=invisible'] },
      { root: '/', mountPoint: '/', type: 'ext4', options: ['rw', 'discard'] },
      { root: '/../..', mountPoint: '/host/sys/fs/cgroup', type: 'cgroup2', options: ['rw'] },
      { root: '/', mountPoint: '/host/pr oc\\x', type: 'proc', options: ['rw'] },
    ]);
  });

  it('accepts an empty source, and white space other than spaces in a path', () => {
    const odd = `51 27 0:41 / /mnt/empty rw - tmpfs  rw\n52 27 0:42 /\u3000 /media/My\u00a0Disk\u2028 rw shared:1 - vfat /dev/sdb1 rw\n`;
    assert.deepEqual(parseMountinfo(TEXT + odd).slice(-2), [
      { root: '/', mountPoint: '/mnt/empty', type: 'tmpfs', options: ['rw'] },
      { root: '/\u3000', mountPoint: '/media/My\u00a0Disk\u2028', type: 'vfat', options: ['rw'] },
    ]);
  });

  it('reads the mounts of this process', () => {
    const text = readFileSync('/proc/self/mountinfo', 'utf8');
    assert.equal(readMounts().length, text.split('\n').length - 1);
    assert.equal(mountOf(readMounts(), '/proc/1/stat')?.type, 'proc');
  });

  it('finds the deepest mount of a path, and of several at one mount point the latest', () => {
    const mounts = parseMountinfo(`${TEXT}50 27 0:40 / /proc rw - tmpfs tmpfs rw\n`);
    assert.equal(mountOf(mounts, '/host/sys/fs/cgroup/system.slice')?.type, 'cgroup2');
    assert.equal(mountOf(mounts, '/host/sys/fs/cgroups')?.type, 'ext4');
    assert.equal(mountOf(mounts, '/proc')?.type, 'tmpfs');
    assert.equal(mountOf(mounts, '/')?.type, 'ext4');
    assert.equal(mountOf([], '/'), undefined);
  });

  for (const text of [
    'x',
    'x\n',
    '22 27 0:21 / /proc rw - proc proc\n',
    '22 27 0:21 / /proc rw proc proc rw\n',
    TEXT.trimEnd(),
  ]) {
    it(`rejects ${JSON.stringify(text.slice(-40))}`, () => {
      assert.throws(() => parseMountinfo(text), ParseError);
    });
  }

  it('throws only a ParseError, whatever the text', () => {
    const cut = fc.nat(TEXT.length).map((end) => TEXT.slice(0, end));
    fc.assert(
      fc.property(fc.oneof(fc.string(), cut), (text) => {
        try {
          parseMountinfo(text);
        } catch (error) {
          assert.ok(error instanceof ParseError, String(error));
        }
      }),
    );
  });
});
