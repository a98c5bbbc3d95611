/* Using CPU, measured by the process's own clock. */
#include <time.h>

static long long clock_nanos(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void spin_micros(long micros) {
  long long end = clock_nanos(CLOCK_PROCESS_CPUTIME_ID) + micros * 1000LL;
  while (clock_nanos(CLOCK_PROCESS_CPUTIME_ID) < end);
}

static void pause_micros(long micros) {
  struct timespec time = {micros / 1000000, micros % 1000000 * 1000};
  nanosleep(&time, 0);
}
