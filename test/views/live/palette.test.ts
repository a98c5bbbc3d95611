import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  HUES,
  nearestOf256,
  paletteOf,
  rgbOf256,
  sequenceOf,
} from '../../../src/views/live/terminal/palette.ts';
import { STYLE, STYLES } from '../../../src/views/live/terminal/style.ts';

type Rgb = readonly [number, number, number];
const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

/** Relative luminance and contrast as WCAG 2 defines them. */
function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

test('every colour can be read on its background, and on black and white alike where that is not known', () => {
  const grounds = { dark: [BLACK], light: [WHITE], unknown: [BLACK, WHITE] };
  for (const background of ['dark', 'light', 'unknown'] as const) {
    const least = background === 'unknown' ? 3.9 : 4.5;
    for (const [hue, rgb] of Object.entries(HUES[background])) {
      for (const ground of grounds[background]) {
        for (const shown of [rgb, rgbOf256(nearestOf256(rgb))]) {
          const ratio = contrast(shown, ground);
          assert.ok(ratio >= least, `${background} ${hue} ${shown}: ${ratio.toFixed(2)} on ${ground}`);
        }
      }
    }
  }
});

test('without colours there are none, whatever the background', () => {
  for (const background of ['dark', 'light', 'unknown'] as const) {
    for (const parameters of paletteOf('none', background)) {
      for (const one of parameters.split(';').filter((text) => text !== ''))
        assert.ok(Number(one) < 30, parameters);
    }
  }
});

test('sixteen colours are those that are readable: no yellow on white, no blue on black', () => {
  assert.equal(
    paletteOf('16', 'light').some((parameters) => /\b33\b/.test(parameters)),
    false,
  );
  assert.equal(
    paletteOf('16', 'dark').some((parameters) => /\b34\b/.test(parameters)),
    false,
  );
  assert.equal(
    paletteOf('16', 'unknown').some((parameters) => /\b3[234]\b/.test(parameters)),
    false,
  );
});

test('what must not be overlooked stands out in every palette', () => {
  for (const depth of ['none', '16', '256', 'true'] as const) {
    for (const background of ['dark', 'light', 'unknown'] as const) {
      const palette = paletteOf(depth, background);
      assert.equal(palette.length, STYLES.length);
      for (const style of [STYLE.bad, STYLE.warn, STYLE.selected, STYLE.bar]) {
        assert.notEqual(palette[style], palette[STYLE.plain], `${STYLES[style]} with ${depth} colours`);
      }
    }
  }
});

test('a style is switched to from any other', () => {
  assert.equal(sequenceOf(paletteOf('none', 'unknown'), STYLE.plain), '\x1b[0m');
  assert.equal(sequenceOf(paletteOf('none', 'unknown'), STYLE.bad), '\x1b[0;1m');
  assert.equal(sequenceOf(paletteOf('true', 'dark'), STYLE.low), '\x1b[0;38;2;135;215;95m');
});
