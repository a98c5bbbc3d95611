import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GROUP_COLOURS, NAMED_COLOURS } from '../../../src/views/page/client/palette.ts';

type Triple = readonly [number, number, number];

/** Linear RGB of a colour such as `#1964c0`. */
function linear(hex: string): Triple {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Triple;
}

/** What a deuteranope sees: Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB. */
const DEUTERANOPIA: readonly Triple[] = [
  [0.367322, 0.860646, -0.227968],
  [0.280085, 0.672501, 0.047413],
  [-0.01182, 0.04294, 0.968881],
];

function seenBy(matrix: readonly Triple[], rgb: Triple): Triple {
  return matrix.map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, factor, at) => sum + factor * rgb[at]!, 0),
      ),
    ),
  ) as unknown as Triple;
}

/** CIE L*a*b* of linear sRGB, white D65. */
function labOf([r, g, b]: Triple): Triple {
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** CIEDE2000 of two colours in L*a*b* (Sharma, Wu and Dalal 2005). */
function distance([l1, a1, b1]: Triple, [l2, a2, b2]: Triple): number {
  const chroma = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const g = 0.5 * (1 - Math.sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7)));
  const [c1, c2] = [Math.hypot((1 + g) * a1, b1), Math.hypot((1 + g) * a2, b2)];
  const hue = (a: number, b: number) => ((Math.atan2(b, (1 + g) * a) * 180) / Math.PI + 360) % 360;
  const [h1, h2] = [hue(a1, b1), hue(a2, b2)];
  let turn = h2 - h1;
  if (turn > 180) turn -= 360;
  if (turn < -180) turn += 360;
  if (c1 * c2 === 0) turn = 0;
  let middle = h1 + h2;
  if (c1 * c2 !== 0) {
    if (Math.abs(h1 - h2) > 180) middle += middle < 360 ? 360 : -360;
    middle /= 2;
  }
  const [l, c] = [(l1 + l2) / 2, (c1 + c2) / 2];
  const t =
    1 -
    0.17 * Math.cos(radians(middle - 30)) +
    0.24 * Math.cos(radians(2 * middle)) +
    0.32 * Math.cos(radians(3 * middle + 6)) -
    0.2 * Math.cos(radians(4 * middle - 63));
  const dl = (l2 - l1) / (1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2));
  const dc = (c2 - c1) / (1 + 0.045 * c);
  const dh = (2 * Math.sqrt(c1 * c2) * Math.sin(radians(turn / 2))) / (1 + 0.015 * c * t);
  const bend =
    -2 *
    Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7)) *
    Math.sin(radians(60 * Math.exp(-(((middle - 275) / 25) ** 2))));
  return Math.sqrt(dl * dl + dc * dc + dh * dh + bend * dc * dh);
}

const asSeen = {
  'with normal vision': (hex: string) => labOf(linear(hex)),
  'by a deuteranope': (hex: string) => labOf(seenBy(DEUTERANOPIA, linear(hex))),
};
const CARDS = { light: '#ffffff', dark: '#1a2029' };

test('distances are those of the test data of CIEDE2000', () => {
  const pairs: readonly (readonly [Triple, Triple, number])[] = [
    [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
    [[50, 2.5, 0], [73, 25, -18], 27.1492],
    [[50, 2.5, 0], [56, -27, -3], 31.903],
    [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
    [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
  ];
  for (const [one, other, wanted] of pairs)
    assert.ok(Math.abs(distance(one, other) - wanted) < 1e-4, `${distance(one, other)}, not ${wanted}`);
});

test('a deuteranope confuses red and green, so that a palette of both would be refused', () => {
  const [red, green] = ['#c62828', '#5a6b1f'].map(asSeen['by a deuteranope']) as [Triple, Triple];
  assert.ok(distance(red, green) < 10, String(distance(red, green)));
});

for (const [who, see] of Object.entries(asSeen))
  for (const theme of ['light', 'dark'] as const)
    test(`the ten ${theme} colours of groups are told apart ${who}`, () => {
      const colours = GROUP_COLOURS[theme];
      assert.equal(new Set(colours).size, 10);
      for (const [at, one] of colours.entries()) {
        for (const other of colours.slice(0, at)) {
          const apart = distance(see(one), see(other));
          assert.ok(apart >= 15, `${one} and ${other}: ${apart.toFixed(1)}`);
        }
        const { other, reaped, unattributed } = NAMED_COLOURS[theme];
        for (const grey of [other, reaped, unattributed, CARDS[theme]]) {
          const apart = distance(see(one), see(grey));
          assert.ok(apart >= 10, `${one} and ${grey}: ${apart.toFixed(1)}`);
        }
      }
    });
