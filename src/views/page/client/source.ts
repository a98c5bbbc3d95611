import type { PageModel } from '../model/page-model.ts';

/** Where models come from: one that is whole, and then increments, as long as there are any. */
export interface PageSource {
  /** Calls `take` with each. Rejects where there is none that can be read. */
  read(take: (model: PageModel) => void): Promise<void>;
}

/** The model that stands in the page itself. */
export const embeddedSource: PageSource = {
  async read(take) {
    const block = document.getElementById('model');
    if (block === null) throw new Error('the page holds no run');
    const packed = Uint8Array.from(atob(block.textContent ?? ''), (character) => character.charCodeAt(0));
    const inflated = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    const model = (await new Response(inflated).json()) as PageModel;
    // It is not needed twice.
    block.remove();
    take(model);
  },
};
