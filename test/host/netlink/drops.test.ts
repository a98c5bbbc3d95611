import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseNetlinkDrops } from '../../../src/host/netlink/drops.ts';
import { ParseError } from '../../../src/host/parse-error.ts';

const FILE = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
00000000045a1f29 0   812        00000000 0        0        0     2        7        4       
000000002ba6004a 16  812        00000000 212992   0        0     2        9899     553     
000000004824b404 16  0          00000000 0        0        0     2        0        555     
`;

describe('lost messages', () => {
  it('are those of the socket with this protocol and port', () => {
    assert.equal(parseNetlinkDrops(FILE, 16, 812), 9899);
    assert.equal(parseNetlinkDrops(FILE, 0, 812), 7);
  });

  it('are unknown for a socket that is not listed', () => {
    assert.equal(parseNetlinkDrops(FILE, 16, 813), undefined);
    assert.equal(parseNetlinkDrops('', 16, 812), undefined);
  });

  it('are rejected if the column has no number', () => {
    assert.throws(() => parseNetlinkDrops('head\nsk 16 812 0 0 0 0 2 x 5\n', 16, 812), ParseError);
  });

  it('are a number, unknown, or rejected with a ParseError, whatever the file contains', () => {
    const lines = fc.array(fc.array(fc.constantFrom('16', '812', 'x', '7', ''), { maxLength: 11 }));
    fc.assert(
      fc.property(lines, (rows) => {
        try {
          const drops = parseNetlinkDrops(rows.map((row) => row.join(' ')).join('\n'), 16, 812);
          assert.ok(drops === undefined || Number.isInteger(drops));
        } catch (error) {
          assert.ok(error instanceof ParseError, String(error));
        }
      }),
    );
  });
});
