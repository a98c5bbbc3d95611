/** `npm run SCRIPT` with its arguments as they were typed, but for the folder that the results go to. */
export function typedCommand(script: string, given: readonly string[]): string {
  const kept = given.filter((arg, index) => !arg.startsWith('--output') && given[index - 1] !== '--output');
  return `npm run ${script}${kept.length > 0 ? ` -- ${kept.join(' ')}` : ''}`;
}
