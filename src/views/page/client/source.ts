import type { PageModel } from '../model/page-model.ts';

/** What of a live run is shown: `live`: as it is now; `lost`: nobody tells any more. */
export type Connection = 'live' | 'lost';

/** Where models come from: one that is whole, and then increments, as long as there are any. */
export interface PageSource {
  /** Calls `take` with each, and `say` when it becomes another. Rejects where there is none that can be read. */
  read(take: (model: PageModel) => void, say: (connection: Connection) => void): Promise<void>;
}

/** The model that stands in the page itself, or those of the run that it was served by. */
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
      // It is not needed twice.
      block.remove();
      take(model);
    },
  };
}

/** Server-sent events. A browser asks again by itself when they break off; what comes then begins with a whole model. */
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
      // Refused outright: a browser gives up by itself.
      if (events.readyState !== EventSource.CLOSED) return;
      setTimeout(() => void servedSource.read(take, say), ASK_AGAIN_MILLIS);
    });
  },
};

const ASK_AGAIN_MILLIS = 5_000;
