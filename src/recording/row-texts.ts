import type { ProcessIdentity } from '../sampling/sample.ts';

/** The texts of a row as they were at one time: a row changes its names in place. */
export type Texts = Pick<
  ProcessIdentity,
  'serial' | 'name' | 'title' | 'executable' | 'command' | 'subCgroup'
>;

/** Whether these are still the texts of the row. */
export function hasTexts(identity: Texts, texts: Texts | undefined): boolean {
  return (
    texts !== undefined &&
    texts.serial === identity.serial &&
    texts.name === identity.name &&
    texts.title === identity.title &&
    texts.executable === identity.executable &&
    texts.command === identity.command &&
    texts.subCgroup === identity.subCgroup
  );
}
