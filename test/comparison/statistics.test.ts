import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { differenceInterval, differenceOf, meanInterval, seriesOf } from '../../src/comparison/difference.ts';
import { studentTQuantile, upperTail } from '../../src/comparison/student-t.ts';

function near(actual: number, wanted: number, what: string): void {
  assert.ok(
    Math.abs(actual - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)),
    `${what}: ${actual}, not ${wanted}`,
  );
}

function series(...values: number[]) {
  const made = seriesOf(values);
  assert.ok(made !== null);
  return made;
}

/** What SciPy 1.17.1 says: `scipy.stats.t.ppf(p, degrees)`. */
const QUANTILES = [
  [0.975, 1, 12.706204736174694],
  [0.975, 2, 4.302652729749462],
  [0.975, 4.7, 2.62072607535317],
  [0.975, 10, 2.228138851986274],
  [0.995, 3.3, 5.344306069721078],
  [0.95, 30, 1.697260886593957],
  [0.9995, 1.5, 82.84744670366369],
  [0.975, 1e6, 1.959966356814107],
] as const;

test("quantiles of Student's t are those of SciPy", () => {
  for (const [p, degrees, wanted] of QUANTILES) {
    near(studentTQuantile(p, degrees), wanted, `${p} at ${degrees}`);
    near(studentTQuantile(1 - p, degrees), -wanted, `${1 - p} at ${degrees}`);
  }
});

test("finalDeltas of Student's t are those of SciPy", () => {
  // scipy.stats.t.cdf(-2, 3), 1 - cdf(0.5, 7.5), 1 - cdf(40, 1.2)
  near(upperTail(2, 3), 0.06966298427942152, 'of 2 at 3');
  near(upperTail(0.5, 7.5), 1 - 0.6842945176887727, 'of 0.5 at 7.5');
  near(upperTail(40, 1.2), 1 - 0.9959956118548688, 'of 40 at 1.2');
});

test('a quantile is where its tail begins, and grows with its probability', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.501, max: 0.9999, noNaN: true }),
      fc.double({ min: 1, max: 500, noNaN: true }),
      (p, degrees) => {
        const t = studentTQuantile(p, degrees);
        near(upperTail(t, degrees), 1 - p, `tail of ${t}`);
        assert.ok(studentTQuantile(Math.min(0.99995, p + 1e-5), degrees) > t);
      },
    ),
  );
});

test("the interval of a difference is Welch's", () => {
  // scipy.stats.ttest_ind(after, before, equal_var=False).confidence_interval(…)
  const many = differenceInterval(
    series(27.5, 21, 19, 23.6, 17, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19, 21.7, 21.4),
    series(27.1, 22, 20.8, 23.4, 23.4, 23.5, 25.8, 22, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4),
    0.95,
  );
  near(many!.low, 0.3492370661924069, 'low');
  near(many!.high, 3.984096267140929, 'high');
  const [before, after] = [series(10.1, 9.8, 10.4), series(11.9, 12.3)];
  const few = differenceInterval(before, after, 0.95);
  near(few!.low, 1.0224286145729307, 'low of few');
  near(few!.high, 2.9775713854270727, 'high of few');
  const surer = differenceInterval(before, after, 0.99);
  near(surer!.low, -0.008921774002511373, 'low of 99%');
  near(surer!.high, 4.0089217740025145, 'high of 99%');
});

test('a single run on either side gives no confidence', () => {
  assert.equal(differenceInterval(series(1), series(2, 3), 0.95), null);
  assert.equal(differenceInterval(series(1, 2), series(3), 0.95), null);
  assert.equal(meanInterval(series(3), 0.95), null);
  assert.equal(seriesOf([]), null);
});

test('constant values differ with certainty, and values that differ by rounding do not differ', () => {
  assert.deepEqual(differenceInterval(series(5, 5, 5), series(6, 6), 0.95), { low: 1, high: 1 });
  const [sum, rounded] = [0.1 + 0.2, 0.3];
  assert.equal(differenceOf(series(sum), series(rounded)), 0);
  assert.deepEqual(differenceInterval(series(sum, rounded), series(rounded, rounded), 0.95), {
    low: 0,
    high: 0,
  });
});

const anyValues = fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { minLength: 2, maxLength: 8 });

test('an interval contains the difference, is inverted with its sides, and widens with confidence', () => {
  fc.assert(
    fc.property(anyValues, anyValues, (first, second) => {
      const [before, after] = [series(...first), series(...second)];
      const interval = differenceInterval(before, after, 0.95)!;
      const difference = differenceOf(before, after);
      assert.ok(interval.low <= difference && difference <= interval.high);
      const turned = differenceInterval(after, before, 0.95)!;
      near(turned.low, -interval.high, 'turned low');
      near(turned.high, -interval.low, 'turned high');
      const wider = differenceInterval(before, after, 0.99)!;
      assert.ok(wider.low <= interval.low && interval.high <= wider.high);
    }),
  );
});

test('for samples of one distribution, 95 of 100 intervals contain no difference', () => {
  // A generator of its own: what the test says must not depend on luck.
  let state = 12345;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const runs = 4000;
  let held = 0;
  for (let run = 0; run < runs; run++) {
    const before = series(...Array.from({ length: 5 }, () => 10 + normal()));
    const after = series(...Array.from({ length: 4 }, () => 10 + 2 * normal()));
    const { low, high } = differenceInterval(before, after, 0.95)!;
    if (low <= 0 && high >= 0) held++;
  }
  assert.ok(Math.abs(held / runs - 0.95) < 0.015, String(held / runs));
});
