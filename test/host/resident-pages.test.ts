import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { findFilePages, openResidentPages } from '../../src/host/resident-pages.ts';
import { skipUnless } from '../skip.ts';

const mapping = (head: string, anonymousKilobytes: number) =>
  [
    head,
    'Size:                  8 kB',
    'Rss:                   8 kB',
    'Private_Dirty:         0 kB',
    `Anonymous:      ${String(anonymousKilobytes).padStart(8)} kB`,
    'AnonHugePages:         0 kB',
    'VmFlags: rd ex mr mw me',
    '',
  ].join('\n');

describe('pages that can be released', () => {
  it('are those of files without private copies', () => {
    const smaps = [
      mapping('00400000-00402000 r-xp 00000000 fe:00 42                         /usr/bin/node', 0),
      mapping('00600000-00602000 rw-p 00002000 fe:00 42                         /usr/bin/node', 0),
      mapping('00700000-00702000 r--p 00004000 fe:00 42                         /usr/bin/node', 4),
      mapping('00800000-00802000 r--s 00000000 fe:00 43                         /usr/share/data', 0),
      mapping('7f0000000000-7f0000002000 r--p 00000000 00:00 0 ', 0),
      mapping('7f0000004000-7f0000005000 r--p 00000000 fe:00 44     /lib/a 00-00 rw-p name (deleted)', 0),
      mapping('ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]', 0),
    ].join('');
    assert.deepEqual(findFilePages(smaps), [
      { address: 0x400000n, bytes: 0x2000 },
      { address: 0x7f0000004000n, bytes: 0x1000 },
    ]);
    assert.deepEqual(findFilePages('nothing of the kind'), []);
  });

  const pages = openResidentPages();
  it(
    'are released, and the program continues',
    skipUnless(pages !== undefined || 'takes koffi and glibc'),
    () => {
      const resident = () =>
        Number(/^RssFile:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))![1]);
      const before = resident();
      pages!.trimAllocator();
      pages!.releaseFiles();
      const after = resident();
      assert.ok(after < before, `${before} kB, then ${after} kB`);
      assert.equal(JSON.parse('{"works": [1, 2]}').works[1], 2);
    },
  );
});
