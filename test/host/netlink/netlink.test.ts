import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  composeRequest,
  NetlinkAttribute,
  NetlinkMessage,
  parseAttribute,
  parseMessage,
} from '../../../src/host/netlink/netlink.ts';
import { ParseError } from '../../../src/host/parse-error.ts';
import { acknowledgement, familyAnswer } from '../taskstats/task-bytes.ts';

describe('netlink messages', () => {
  it('are composed in the format that is parsed', () => {
    const request = composeRequest({ family: 31, command: 1, sequence: 7, attribute: 3, text: '0-127' });
    const message = new NetlinkMessage();
    parseMessage(request, 0, request.length, message);
    assert.deepEqual(
      [message.type, message.command, message.sequence, message.end, message.next],
      [31, 1, 7, request.length, request.length],
    );
    const attribute = new NetlinkAttribute();
    parseAttribute(request, message.start, message.end, attribute);
    assert.equal(attribute.type, 3);
    assert.equal(request.toString('latin1', attribute.start, attribute.end), '0-127\0');
    assert.equal(attribute.next, message.end);
    assert.equal(request.readUInt16LE(6), 5, 'a request that is to be acknowledged');
  });

  it('may be several in one buffer', () => {
    const request = composeRequest({ family: 16, command: 3, sequence: 1, attribute: 2, text: 'X' });
    const buffer = Buffer.concat([familyAnswer(), acknowledgement(request, 2)]);
    const message = new NetlinkMessage();
    parseMessage(buffer, 0, buffer.length, message);
    assert.equal(message.type, 16);
    parseMessage(buffer, message.next, buffer.length, message);
    assert.deepEqual([message.type, message.error, message.next], [2, -2, buffer.length]);
  });

  it('that are truncated, or have a length beyond their end, are rejected', () => {
    const whole = familyAnswer();
    const message = new NetlinkMessage();
    for (let length = 0; length < whole.length; length++)
      assert.throws(() => parseMessage(whole, 0, length, message), ParseError);
  });

  it('of any bytes are parsed, or rejected with a ParseError, and parsing always advances', () => {
    const message = new NetlinkMessage();
    const attribute = new NetlinkAttribute();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(80), (bytes, length) => {
        const buffer = Buffer.from(bytes);
        try {
          for (let at = 0; at < length; at = message.next) {
            parseMessage(buffer, at, length, message);
            assert.ok(message.next > at && message.next <= length && message.end <= buffer.length);
          }
        } catch (error) {
          assert.ok(error instanceof ParseError, String(error));
        }
        try {
          for (let at = 0; at < length; at = attribute.next) {
            parseAttribute(buffer, at, length, attribute);
            assert.ok(attribute.next > at && attribute.end <= buffer.length);
          }
        } catch (error) {
          assert.ok(error instanceof ParseError, String(error));
        }
      }),
    );
  });
});
