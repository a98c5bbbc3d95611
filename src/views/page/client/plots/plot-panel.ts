import { el, fill, oncePerFrame } from '../dom.ts';
import { type Band, type Group, groupsOf } from '../run/bands.ts';
import type { RunData } from '../run/run-data.ts';
import { selectionOf } from '../run/selection.ts';
import type { Grouping, ViewState } from '../run/view-state.ts';
import { colourOf } from '../theme.ts';
import { axisOf } from './axis-data.ts';
import { PLOTS } from './kinds.ts';
import { Plot } from './plot.ts';

const GROUPINGS: readonly (readonly [Grouping, string])[] = [
  ['name', 'name'],
  ['process', 'process'],
  ['unit', 'unit'],
];

/** All plots, with their legend and the choice of grouping. */
export class PlotPanel {
  readonly element: HTMLElement;
  readonly #data: RunData;
  readonly #state: ViewState;
  readonly #plots: readonly Plot[];
  readonly #legend = el('ul', { class: 'legend', 'aria-label': 'Colours: click one to show only its band' });
  readonly #zoomed = el(
    'button',
    { type: 'button', hidden: true, onclick: () => this.#state.setZoom(null) },
    'Show the whole time',
  );

  constructor(data: RunData, state: ViewState) {
    this.#data = data;
    this.#state = state;
    this.#plots = PLOTS.map((kind) => new Plot(kind, state));
    const choice = el('select', {
      id: 'grouping',
      onchange: () => state.setGrouping(choice.value as Grouping),
    });
    for (const [value, label] of GROUPINGS) choice.append(el('option', { value }, label));
    this.element = el(
      'section',
      { class: 'plots', 'aria-labelledby': 'plots-title' },
      el('h2', { id: 'plots-title' }, 'Over time'),
      el(
        'div',
        { class: 'controls' },
        el('label', { for: 'grouping' }, 'Stacked by '),
        choice,
        this.#zoomed,
        el(
          'span',
          { class: 'hint' },
          'Drag over a plot to zoom into all of them; double-click shows the whole time.',
        ),
      ),
      this.#legend,
      ...this.#plots.map(({ element }) => element),
    );
    const draw = oncePerFrame(() => this.draw());
    state.onChange((change) => {
      if (change === 'zoom') this.#zoom();
      // Printing does not wait for the next frame.
      else if (change === 'theme') this.draw();
      else draw();
    });
    new ResizeObserver(oncePerFrame(() => this.#resize())).observe(this.element);
  }

  draw(): void {
    const selection = selectionOf(this.#data, this.#state);
    const groups = groupsOf(this.#data, selection, this.#state.grouping);
    const axis = axisOf(this.#data);
    const contents = PLOTS.map((kind) => kind.content(this.#data, selection, groups));
    for (const [at, plot] of this.#plots.entries()) plot.show(contents[at]!, this.#data, axis);
    // By colour, because labels of groups are names of processes.
    const extra = new Map<Exclude<Band['colour'], number>, string>();
    for (const { colour, label } of contents.flatMap(({ bands }) => bands))
      if (typeof colour === 'string') extra.set(colour, label);
    extra.delete('other');
    fill(
      this.#legend,
      ...groups.map((group) => this.#keyOf(group)),
      ...[...extra].map(([colour, label]) => {
        const swatch = el('span', { class: 'swatch' });
        swatch.style.background = colourOf(colour);
        return el('li', { class: 'plain' }, swatch, label);
      }),
    );
    this.#zoom();
  }

  /** The colour of a group; pressing it shows only that group. */
  #keyOf({ label, members, name, colour }: Group): HTMLElement {
    const swatch = el('span', { class: 'swatch' });
    swatch.style.background = colourOf(colour ?? 'other');
    if (members.length === 0 && name === null) return el('li', { class: 'plain' }, swatch, label);
    const keys = members.map(({ key }) => key);
    const isPicked =
      name === null
        ? this.#state.picked.size > 0 && keys.every((key) => this.#state.picked.has(key))
        : this.#state.names.has(name);
    const press = () => (name === null ? this.#state.toggle(keys) : this.#state.toggleName(name));
    const pressed = { type: 'button', 'aria-pressed': String(isPicked), onclick: press };
    return el('li', {}, el('button', pressed, swatch, label));
  }

  #resize(): void {
    for (const plot of this.#plots) plot.resize();
  }

  #zoom(): void {
    for (const plot of this.#plots) plot.zoom();
    this.#zoomed.hidden = this.#state.zoom === null;
  }
}
