import { createRequire } from 'node:module';

/** What calls C functions of the libraries that this process has. Throws where it is not installed, or not for this machine. */
export function loadForeignFunctions(): typeof import('koffi') {
  return createRequire(import.meta.url)('koffi') as typeof import('koffi');
}
