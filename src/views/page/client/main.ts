import 'uplot/dist/uPlot.min.css';
import './style.css';
import { Answer } from './answer/answer.ts';
import { unitsTable } from './answer/units-table.ts';
import { el, fill } from './dom.ts';
import { filterBar } from './filter-bar.ts';
import { Holding, LiveBar } from './live/live-bar.ts';
import { PlotPanel } from './plots/plot-panel.ts';
import { RunData } from './run/run-data.ts';
import { ViewState } from './run/view-state.ts';
import { pageSource } from './source.ts';
import { Lifelines } from './table/lifelines.ts';
import { namesTable, subCgroupsTable } from './table/names-table.ts';
import { ProcessTable } from './table/process-table.ts';
import { watchTheme } from './theme.ts';

/** Draws the page from the models of its source: one, or a sequence for a run in progress. */
async function show(page: HTMLElement): Promise<void> {
  const data = new RunData();
  const state = new ViewState();
  let bar: LiveBar | null = null;
  await pageSource().read(
    (model) => {
      const isAnother = data.run !== undefined && data.run.startedAt !== model.run.startedAt;
      data.take(model);
      if (isAnother) state.begin();
      if (page.querySelector('main') !== null) {
        bar?.noteNews();
        return;
      }
      if (model.run.goesOn) bar = new LiveBar(data, state, new Holding());
      build(page, data, state, bar);
    },
    (connection) => {
      if (bar !== null) bar.noteConnection(connection);
      else if (connection === 'lost')
        fill(page, el('p', { class: 'loading' }, 'unitledger does not answer. Retrying …'));
    },
  );
}

function build(page: HTMLElement, data: RunData, state: ViewState, bar: LiveBar | null): void {
  const answer = new Answer(data, state);
  const units = unitsTable(data, state);
  const plots = new PlotPanel(data, state);
  const lifelines = new Lifelines(data, state);
  const table = new ProcessTable(data, state);
  const names = namesTable(data, state);
  const subCgroups = subCgroupsTable(data, state);
  fill(
    page,
    el('a', { class: 'skip', href: '#processes-title' }, 'To the table of processes'),
    el('header', {}, el('span', { class: 'brand' }, `unitledger ${data.run.program}`), watchTheme(state)),
    bar?.element ?? null,
    el(
      'main',
      {},
      answer.element,
      filterBar(data, state),
      plots.element,
      units.element,
      lifelines.element,
      names.element,
      subCgroups.element,
      table.element,
    ),
    el(
      'footer',
      {},
      'Times are UTC. “-” is unknown, never 0. CPU comes from kernel counters; each second is booked once.',
    ),
  );
  for (const part of [answer, plots, units, lifelines, names, subCgroups, table]) part.draw();
  page.dataset.drawn = String(Math.round(performance.now()));
}

const page = document.getElementById('page')!;
show(page).catch((error: unknown) => {
  fill(page, el('p', { class: 'loading' }, `This run cannot be shown: ${String(error)}`));
});
