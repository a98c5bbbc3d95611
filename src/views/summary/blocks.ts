/** The lines of blocks, each with its line break, and an empty line between two blocks. */
export function* linesOf(blocks: Iterable<Iterable<string>>): Generator<string, void, undefined> {
  let between = '';
  for (const block of blocks) {
    yield between;
    for (const line of block) yield `${line}\n`;
    between = '\n';
  }
}
