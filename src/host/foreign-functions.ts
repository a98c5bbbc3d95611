import { createRequire } from 'node:module';

/**
 * Calls C functions of the libraries in this process. Throws if the package is not installed, or not available for this
 * machine.
 */
export function loadForeignFunctions(): typeof import('koffi') {
  return createRequire(import.meta.url)('koffi') as typeof import('koffi');
}
