import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InstanceActivity } from '../../src/sampling/instance-activity.ts';

const INTERVAL_SECONDS = 0.5;
const MEMBERS = 1000;
/** CPU seconds of all members in a second. */
const RATE = 0.8;

/** Members that run all the time, whose clocks are read one after the other, and then their cgroup's counter. */
class RunningMembers {
  readonly #activity = new InstanceActivity(true);
  readonly #readAtSeconds = new Float64Array(MEMBERS);
  #startSeconds = 0;
  #hiddenSeconds = 0;

  /** A tick whose reads take `seconds`. `hiddenSeconds`: CPU in no member's clock. Whether it was quiet. */
  tick(seconds: number, hiddenSeconds = 0): boolean {
    this.#startSeconds += INTERVAL_SECONDS;
    this.#activity.begin(this.#usageAt(0), false, false);
    for (let member = 0; member < MEMBERS; member++) {
      const at = (seconds * member) / MEMBERS;
      const since = this.#startSeconds + at - this.#readAtSeconds[member]!;
      this.#readAtSeconds[member] = this.#startSeconds + at;
      this.#activity.ran((since * RATE * 1e9) / MEMBERS, at * 1e6);
    }
    this.#hiddenSeconds += hiddenSeconds;
    this.#activity.end(this.#usageAt(seconds), seconds * 1e6, INTERVAL_SECONDS);
    return this.#activity.isQuiet;
  }

  #usageAt(seconds: number): number {
    return RATE * (this.#startSeconds + seconds) + this.#hiddenSeconds;
  }
}

test('members whose reads take longer in one tick than in another stay quiet', () => {
  const members = new RunningMembers();
  for (let i = 0; i < 4; i++) members.tick(0.1);
  const quiet = [0.3, 0.05, 0.4, 0.1, 0.25, 0.02].map((seconds) => members.tick(seconds));
  assert.deepEqual(quiet, [true, true, true, true, true, true]);
});

test('CPU that is in no clock ends the quiet, however long the reads take', () => {
  for (const seconds of [0.02, 0.3]) {
    const members = new RunningMembers();
    for (let i = 0; i < 4; i++) members.tick(0.1);
    assert.equal(members.tick(seconds, 0.06), true);
    assert.equal(members.tick(0.1), false);
  }
});
