/** `text` with every number in it written as `N`, so that names that differ in numbers alone become one name. */
export function maskNumbers(text: string): string {
  return text.replace(/\p{Nd}+/gu, 'N');
}
