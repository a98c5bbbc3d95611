/* Work of a given length, for programs that are measured. */
#include <time.h>

static long nanos_since(const struct timespec *start) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec - start->tv_sec) * 1000000000L + now.tv_nsec - start->tv_nsec;
}

static void work(long nanos) {
  struct timespec start;
  clock_gettime(CLOCK_MONOTONIC, &start);
  while (nanos_since(&start) < nanos) {
  }
}
