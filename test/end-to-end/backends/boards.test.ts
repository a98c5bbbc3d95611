import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { skipUnless } from '../../skip.ts';
import { boardModelsAvailable, type ModelledRequest, problemsWith } from './board-models.ts';
import { grafanaSchemaAvailable, problemsWithDashboards } from './grafana-schema.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const filesIn = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(ROOT, folder, name));
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

describe('a dashboard for Grafana', skipUnless(grafanaSchemaAvailable), () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'unitledger-boards-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  test("is valid by Grafana's schema", () => {
    const files = filesIn('helm/dashboards');
    assert.equal(files.length, 4);
    assert.equal(problemsWithDashboards(files), '');
  });

  for (const [what, spoil, says] of [
    ['a field that there is not', (board) => Object.assign(board, { refreshes: '30s' }), /refreshes/],
    ['a value of another type', (board) => Object.assign(board, { title: 5 }), /title/],
    [
      'an option that a panel of its kind does not have',
      (board) => Object.assign(panelOf(board).options.legend, { showLegends: true }),
      /showLegends/,
    ],
    [
      'a query that Prometheus has not',
      (board) => Object.assign(panelOf(board).targets[0], { expression: 'up' }),
      /expression/,
    ],
  ] as const satisfies readonly (readonly [string, (board: Spoilt) => void, RegExp])[]) {
    test(`is rejected with ${what}`, () => {
      const file = join(folder, 'spoilt.json');
      const board = read(join(ROOT, 'helm/dashboards/unitledger-unit.json'));
      spoil(board);
      writeFileSync(file, JSON.stringify(board));
      assert.match(problemsWithDashboards([file]), says);
    });
  }
});

// biome-ignore lint/suspicious/noExplicitAny: JSON that is to be spoilt.
type Spoilt = any;

function panelOf(board: Spoilt): Spoilt {
  return board.panels.find(({ type }: { type: string }) => type === 'timeseries');
}

describe('a dashboard for Datadog', skipUnless(boardModelsAvailable), () => {
  const asRequests = (bodies: readonly unknown[]): ModelledRequest[] =>
    bodies.map((body) => ({ model: 'datadog dashboard', body }));

  test("is valid by the API's description", () => {
    const files = filesIn('deploy/datadog');
    assert.equal(files.length, 4);
    assert.deepEqual(
      problemsWith(asRequests(files.map(read))),
      files.map(() => []),
    );
  });

  test('is rejected with fields that the API does not know', () => {
    const spoilt = (spoil: (board: Spoilt, request: Spoilt) => void) => {
      const board = read(join(ROOT, 'deploy/datadog/unitledger-unit.json'));
      spoil(board, board.widgets[0].definition.widgets[0].definition.requests[0]);
      return board;
    };
    const found = problemsWith(
      asRequests([
        spoilt((board) => Object.assign(board, { titel: 'x' })),
        spoilt((board) => Object.assign(board, { title: undefined })),
        spoilt((board) => Object.assign(board, { widgets: 5 })),
        spoilt((_, request) => Object.assign(request, { display_type: 'stacked' })),
        spoilt((_, request) => Object.assign(request, { querys: [] })),
        spoilt((_, request) => Object.assign(request.queries[0], { data_source: 'metric' })),
      ]),
    );
    assert.deepEqual(
      found.map((problems) => problems.length > 0),
      found.map(() => true),
    );
    assert.deepEqual(found[0], ['titel: not known']);
    assert.match(found[4]![0]!, /requests\.0\.querys: not known$/);
  });
});

/** Takes requests as Honeycomb's API does, and gives each thing an identifier. */
class HoneycombApi {
  readonly requests: { method: string; path: string; key: string | undefined; body: Spoilt }[] = [];
  boards: { readonly id: string; readonly name: string }[] = [];
  /** The answer to a request, where that is no plain success. */
  answer: (path: string, body: Spoilt) => { status: number; headers?: Record<string, string> } | undefined =
    () => undefined;
  readonly #server: Server = createServer(async (request, response) => {
    const content = await text(request);
    const body = content === '' ? null : JSON.parse(content);
    const { method = '', url = '' } = request;
    const other = this.answer(url, body);
    if (other !== undefined) {
      response.writeHead(other.status, other.headers).end('{"error":"\u001b[2J no"}');
      return;
    }
    const key = request.headers['x-honeycomb-team'];
    this.requests.push({ method, path: url, key: key?.toString(), body });
    const made = {
      ...body,
      id: `id-${this.requests.length}`,
      links: { board_url: 'https://ui.example/board' },
    };
    response.writeHead(200).end(JSON.stringify(method === 'GET' ? this.boards : made));
  });

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

describe('the boards for Honeycomb', () => {
  let api: HoneycombApi;
  let url: string;
  before(async () => {
    api = new HoneycombApi();
    url = await api.start();
  });
  after(() => api.stop());

  const load = async (files: readonly string[], key: string | undefined = 'a-key') => {
    const env = { ...process.env, HONEYCOMB_URL: url, HONEYCOMB_API_KEY: key };
    const child = spawn(process.execPath, [join(ROOT, 'deploy/honeycomb/load.mjs'), ...files], { env });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { stdout, stderr, code };
  };
  const UNITS = join(ROOT, 'deploy/honeycomb/unitledger-units.json');

  test(
    "are created by requests that match the API's description",
    skipUnless(boardModelsAvailable),
    async () => {
      const { stdout, stderr, code } = await load([]);
      assert.deepEqual([code, stderr], [0, '']);
      assert.equal(stdout.trimEnd().split('\n').length, 4);
      const models = {
        '/1/queries/unitledger': 'honeycomb query',
        '/1/query_annotations/unitledger': 'honeycomb annotation',
        '/1/boards': 'honeycomb board',
      } as const;
      const sent = api.requests.filter(({ method }) => method === 'POST');
      assert.ok(sent.length > 100 && sent.every(({ key }) => key === 'a-key'));
      const requests = sent.map(({ path, body }) => ({ model: models[path as keyof typeof models], body }));
      assert.deepEqual(
        problemsWith(requests),
        requests.map(() => []),
      );
      // Honeycomb has one identifier for equal queries, and takes it once on a board.
      for (const file of filesIn('deploy/honeycomb')) {
        const queries = read(file).queries.map(({ query }: Spoilt) => JSON.stringify(query));
        assert.equal(new Set(queries).size, queries.length);
      }
    },
  );

  test('with mismatches are found', skipUnless(boardModelsAvailable), () => {
    const { board, queries } = read(UNITS);
    const found = problemsWith([
      {
        model: 'honeycomb query',
        body: { ...queries[0].query, calculations: [{ op: 'INCREASE', column: 'x' }] },
      },
      { model: 'honeycomb query', body: { ...queries[0].query, breakdown: ['x'] } },
      { model: 'honeycomb board', body: { ...board, type: 'classic' } },
      { model: 'honeycomb annotation', body: { name: '', query_id: 'x' } },
    ]);
    assert.deepEqual(
      found.map((problems) => problems.length),
      [1, 1, 1, 1],
    );
  });

  test('that exist already are recreated', async () => {
    api.boards = [{ id: 'old', name: read(UNITS).board.name }];
    api.requests.length = 0;
    const { code } = await load([UNITS]);
    assert.equal(code, 0);
    assert.deepEqual([api.requests.at(-1)!.method, api.requests.at(-1)!.path], ['PUT', '/1/boards/old']);
    api.boards = [];
  });

  test('skip a rejected panel, which is reported, and are retried when the API is busy', async () => {
    let isBusy = true;
    api.answer = (path, body) => {
      if (path.startsWith('/1/queries') && body.calculations[0].column === 'unitledger.unit.restarts')
        return { status: 422 };
      if (path === '/1/boards' && body !== null && isBusy) {
        isBusy = false;
        return { status: 429, headers: { 'retry-after': '0' } };
      }
      return undefined;
    };
    const { stdout, stderr, code } = await load([UNITS]);
    assert.equal(code, 1);
    assert.match(stdout, /^unitledger: units, 7 of 8 panels: /);
    assert.match(stderr, /^left out "Restarts": POST \/1\/queries\/unitledger: 422 "/);
    assert.ok(!stderr.includes('\u001b'));
    assert.equal(isBusy, false);
    api.answer = () => undefined;
  });

  test('are not started without a key, with a key that lacks permission, or without the file', async () => {
    const without = await load([], '');
    assert.deepEqual([without.code, without.stdout], [2, '']);
    assert.match(without.stderr, /^HONEYCOMB_API_KEY is not set/);
    assert.equal((await load(['/nowhere.json'])).code, 2);
    api.answer = () => ({ status: 401 });
    const refused = await load([UNITS]);
    api.answer = () => undefined;
    assert.deepEqual([refused.code, refused.stdout], [1, '']);
    assert.match(refused.stderr, /^GET \/1\/boards: 401 /);
  });
});
