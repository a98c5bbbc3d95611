import { createHash } from 'node:crypto';

/** Text as it may stand between tags or in a quoted attribute of HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A source of a content security policy (CSP 3, 2.3.1): what has this hash may stand in the page. */
export function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
