import type { PageModel } from '../model/page-model.ts';

/** Status of the data. `live`: current; `lost`: unitledger does not answer any more. */
export type Connection = 'live' | 'lost';

/** The source of models: a whole one, then increments. */
export interface PageSource {
  /** Calls `take` with each model, and `say` when the status changes. Rejects if there is no readable model. */
  read(take: (model: PageModel) => void, say: (connection: Connection) => void): Promise<void>;
}

/** The model in the page itself, or those of the run that serves the page. */
export function pageSource(): PageSource {
  const block = document.getElementById('model');
  return block === null ? servedSource : embeddedSource(block);
}

function embeddedSource(block: HTMLElement): PageSource {
  return {
    async read(take) {
      const packed = Uint8Array.from(atob(block.textContent ?? ''), (character) => character.charCodeAt(0));
      const inflated = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
      const model = (await new Response(inflated).json()) as PageModel;
      // The data block is not needed any more.
      block.remove();
      take(model);
    },
  };
}

/** Server-sent events. Browsers reconnect by themselves; the first message is then a whole model. */
const servedSource: PageSource = {
  async read(take, say) {
    const key = document.getElementById('stream')?.dataset.key ?? '';
    const events = new EventSource(`events?${key}`);
    events.addEventListener('message', ({ data }) => {
      say('live');
      take(JSON.parse(data) as PageModel);
    });
    events.addEventListener('error', () => {
      say('lost');
      // Refused by the server: the browser does not reconnect.
      if (events.readyState !== EventSource.CLOSED) return;
      setTimeout(() => void servedSource.read(take, say), ASK_AGAIN_MILLIS);
    });
  },
};

const ASK_AGAIN_MILLIS = 5_000;
