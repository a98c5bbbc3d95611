import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineSvg } from '../../../bench/report/plot.ts';

test('a plot is an SVG with its title, axes, lines and goals, and the same for the same values', async () => {
  const plot = {
    title: 'Cost <of> it',
    x: { title: 'processes', log: true },
    y: { title: 'µs' },
    points: [10, 100, 1000].flatMap((x) => [
      { series: 'ours', x, y: x / 10 },
      { series: 'theirs', x, y: x },
    ]),
    rules: [{ name: 'goal', y: 50 }],
    marks: true,
  };
  const svg = await lineSvg(plot);
  for (const text of ['Cost &lt;of&gt; it', 'processes', 'µs', 'ours', 'theirs', 'goal']) {
    assert.ok(svg.includes(`>${text}<`), `${text} in the plot`);
  }
  assert.equal(svg.match(/<path[^>]*aria-roledescription="line mark"/g)?.length, 2);
  assert.ok((await lineSvg(plot)) === svg, 'the same again');
});
