import type { RunDocument } from '../../../ledger/document/run-document.ts';
import { buildModel, type PageFacts } from '../model/build-model.ts';
import type { Life } from '../model/life.ts';
import { heaviestNames, MOST_NAMES, MOST_SERIES, type PageHistory, weightOf } from '../model/page-history.ts';
import type { PageModel } from '../model/page-model.ts';
import { PROCESS_FIGURE_NAMES } from '../model/series.ts';
import type { UnitHistory } from '../model/unit-history.ts';

/** A client: one open page. */
export interface FeedClient {
  /** Whether it has not yet received the last message. */
  readonly isBehind: boolean;
  /** Sends a model, as JSON. */
  send(model: string): void;
}

/** Inputs of a model. */
export interface FeedSource {
  /** The current run document. */
  document(): RunDocument;
  readonly facts: PageFacts;
  /** Monotonic clock, in seconds. */
  nowSeconds(): number;
}

/** Minimum seconds between two models. */
const SHORTEST_SECONDS = 1;
/** Maximum share of time for making models. */
const MOST_SHARE = 1 / 25;
/** Maximum numbers in the series of a whole model, about 3 bytes each. */
const MOST_NUMBERS = 2e6;

/** State of the clients that are up to date. */
interface Told {
  /** Processes with series of their own. */
  readonly own: Set<Life>;
  /** Processes whose rows were sent: those without series of their own are in the others of their units, and stay there. */
  readonly rows: Map<number, Life>;
  readonly ended: Set<Life>;
  readonly units: Set<number>;
  /** By unit: names with series of their own in its others. A name without room never gets one. */
  readonly names: Map<UnitHistory, Set<string>>;
  /** The last sent name of each process. */
  readonly nameOf: WeakMap<Life, string>;
}

/**
 * Sends a live run to its clients: the whole model to a new client, and then, about once a second, an
 * increment. Without clients, it costs nothing. Rows of exited processes that the history has folded are not sent.
 */
export class PageFeed {
  readonly #history: PageHistory;
  readonly #source: FeedSource;
  /** Whether the client needs a whole model. */
  readonly #clients = new Map<FeedClient, boolean>();
  #told: Told | null = null;
  #nextSeconds = Number.NEGATIVE_INFINITY;

  constructor(history: PageHistory, source: FeedSource) {
    this.#history = history;
    this.#source = source;
  }

  join(client: FeedClient): void {
    this.#clients.set(client, true);
  }

  leave(client: FeedClient): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#told = null;
  }

  /** Sends an increment if it is due. Call it after a tick was added to the history. */
  push(): void {
    if (this.#clients.size === 0 || this.#source.nowSeconds() < this.#nextSeconds) return;
    const beganSeconds = this.#source.nowSeconds();
    this.#send(this.#source.document(), this.#source.facts);
    const tookSeconds = this.#source.nowSeconds() - beganSeconds;
    // Ticks come a little early or late.
    this.#nextSeconds = beganSeconds + Math.max(0.9 * SHORTEST_SECONDS, tookSeconds / MOST_SHARE);
  }

  /** Sends the end of the run to all clients. */
  end(document: RunDocument, facts: PageFacts): void {
    if (this.#clients.size > 0) this.#send(document, facts);
  }

  #send(document: RunDocument, facts: PageFacts): void {
    const told = this.#told;
    const changedFrom = Math.min(
      this.#history.takeChangedFrom(),
      this.#history.points.count,
      told === null ? Number.POSITIVE_INFINITY : this.#renamedFrom(told),
    );
    const canGoOn = told !== null && changedFrom > 0 && areThere(told.units, this.#history);
    const following: FeedClient[] = [];
    const coming: FeedClient[] = [];
    for (const [client, needsWhole] of this.#clients) {
      if (client.isBehind) this.#clients.set(client, true);
      else if (needsWhole || !canGoOn) coming.push(client);
      else following.push(client);
    }
    // Without up-to-date clients, the next client gets a whole model.
    if (following.length === 0) this.#told = null;
    else sendTo(following, this.#increment(document, facts, told!, changedFrom));
    if (coming.length > 0) sendTo(coming, this.#whole(document, facts));
    for (const client of coming) this.#clients.set(client, false);
  }

  /** A whole model; if other clients have received a model, the same rows have series. */
  #whole(document: RunDocument, facts: PageFacts): PageModel {
    const own = this.#told?.own ?? this.#heaviest();
    const names = this.#told?.names ?? heaviestNames(this.#history, this.#mostNames());
    const model = buildModel(document, this.#history, facts, {
      mayHaveSeries: (life) => own.has(life),
      mayHaveName: (unit, name) => this.#mayHaveName(names, unit, name),
      onlyRemembered: true,
    });
    if (this.#told === null) {
      const rows = rowsOf(model, this.#history);
      const ended = [...rows.values()].filter(({ hasEnded }) => hasEnded);
      const units = new Set(model.units.map(({ key }) => key));
      this.#told = { own, rows, ended: new Set(ended), units, names, nameOf: new WeakMap() };
      this.#renamedFrom(this.#told);
    }
    return model;
  }

  /** The increment since the last message. */
  #increment(document: RunDocument, facts: PageFacts, told: Told, point: number): PageModel {
    const known = new Set(told.own);
    const room = this.#mostSeries();
    const model = buildModel(document, this.#history, facts, {
      mayHaveSeries: (life) => {
        if (!told.rows.has(life.key) && told.own.size < room) told.own.add(life);
        return told.own.has(life);
      },
      mayHaveName: (unit, name) => this.#mayHaveName(told.names, unit, name),
      onlyRemembered: true,
      since: { point, isKnown: (life) => known.has(life) },
    });
    for (const { key } of model.units) told.units.add(key);
    const rows = rowsOf(model, this.#history);
    const gone = [...told.rows.keys()].filter((key) => !rows.has(key));
    for (const key of gone) told.rows.delete(key);
    const processes = model.processes.filter(({ key }) => {
      const life = rows.get(key)!;
      const isOld = told.ended.has(life);
      if (life.hasEnded) told.ended.add(life);
      told.rows.set(key, life);
      return !isOld;
    });
    this.#renamedFrom(told);
    return { ...model, processes, gone };
  }

  /**
   * The point from which the others have changed, because processes in them have new names: the whole use of such
   * a process moves to its new name. Stores the current names.
   */
  #renamedFrom({ own, nameOf }: Told): number {
    let from = Number.POSITIVE_INFINITY;
    for (const { lives } of this.#history.units)
      for (const life of lives) {
        if (life.track === undefined) continue;
        const { name } = life.account;
        const before = nameOf.get(life);
        if (before === name) continue;
        nameOf.set(life, name);
        // A continuing row is sent with its name. An ended process may lose its row, and is among the others from then on.
        const hasRow = own.has(life) && !life.hasEnded;
        if (before !== undefined && !hasRow) from = Math.min(from, life.track.from);
      }
    return from;
  }

  #heaviest(): Set<Life> {
    const lives = this.#history.units.flatMap((unit) => unit.lives);
    lives.sort((a, b) => weightOf(b) - weightOf(a));
    return new Set(lives.slice(0, this.#mostSeries()));
  }

  #mayHaveName(names: Told['names'], unit: UnitHistory, name: string): boolean {
    if (names.get(unit)?.has(name)) return true;
    let count = 0;
    for (const each of names.values()) count += each.size;
    if (count >= this.#mostNames()) return false;
    names.set(unit, (names.get(unit) ?? new Set()).add(name));
    return true;
  }

  #mostNames(): number {
    return Math.min(MOST_NAMES, this.#mostSeries());
  }

  #mostSeries(): number {
    const numbers = PROCESS_FIGURE_NAMES.length * Math.max(1, this.#history.points.count);
    return Math.min(MOST_SERIES, Math.floor(MOST_NUMBERS / numbers));
  }
}

function sendTo(clients: readonly FeedClient[], model: PageModel): void {
  const text = JSON.stringify(model);
  for (const client of clients) client.send(text);
}

function rowsOf({ processes }: PageModel, history: PageHistory): Map<number, Life> {
  const lives = new Map(history.units.flatMap((unit) => unit.lives.map((life) => [life.key, life] as const)));
  return new Map(processes.map(({ key }) => [key, lives.get(key)!]));
}

function areThere(units: ReadonlySet<number>, history: PageHistory): boolean {
  const present = new Set(history.units.map(({ account }) => account.origin.serial));
  return [...units].every((key) => present.has(key));
}
