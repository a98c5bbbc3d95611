import { ConfigError } from './config-error.ts';
import type { ReadValues } from './given.ts';

/** The listed values, each once; `none` means an empty list and cannot be combined. */
export function listOrNone<V extends string>(
  named: readonly (V | 'none')[],
  decidedBy: ReadValues | undefined,
  option: string,
): readonly V[] {
  const listed = named.filter((value): value is V => value !== 'none');
  if (listed.length > 0 && listed.length < named.length) {
    const source = decidedBy![0].given.named;
    throw new ConfigError(`${source} must be none alone or a list without it, not "${named.join(',')}"`, {
      option,
      value: named.join(','),
      accepted: 'none alone, or a list without it',
    });
  }
  return [...new Set(listed)];
}
