import type { RunDocument } from '../../ledger/document/run-document.ts';
import { printableJson } from '../../text/printable.ts';

/**
 * The run document as it stands (`docs/run-document.schema.json`), numbers unrounded, indented by two spaces.
 * Names are exact: what a terminal must not see is escaped in JSON's own way. A figure that is no number is `null`.
 */
export function renderJson(document: RunDocument): string {
  return `${printableJson(document, 2)}\n`;
}
