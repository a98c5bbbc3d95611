import { loadForeignFunctions } from '../foreign-functions.ts';

/** `PR_SET_NAME` and `PR_GET_NAME` of prctl(2). */
const SET_NAME = 15;
const GET_NAME = 16;
const NAME_BYTES = 16;

/**
 * Ends a thread of this process, and gives the process the name that it has: the kernel reports the one as an exit record
 * and the other as a process event. A socket that receives them has them when this returns. Does nothing without a
 * library for system calls. A child process would be reported as well, but costs a fork and a wait.
 */
export function causeOwnEvents(): void {
  try {
    const library = loadForeignFunctions().load(null);
    const prctl = library.func('int prctl(int operation, void *name)');
    const name = Buffer.alloc(NAME_BYTES);
    if (prctl(GET_NAME, name) === 0) prctl(SET_NAME, name);
    endThread(library);
  } catch {
    // Nothing is reported: a child is started instead.
  }
}

/** The record of a thread is sent before pthread_join(3) returns. */
function endThread(library: ReturnType<ReturnType<typeof loadForeignFunctions>['load']>): void {
  const dlsym = library.func('void *dlsym(void *handle, const char *name)');
  const create = library.func(
    'int pthread_create(_Out_ void *thread, const void *attributes, void *routine, void *argument)',
  );
  const join = library.func('int pthread_join(uintptr_t thread, void *result)');
  const thread = new BigUint64Array(1);
  // Any function that returns at once.
  const routine = dlsym(null, 'getpid');
  if (create(new Uint8Array(thread.buffer), null, routine, null) === 0) join(thread[0], null);
}
