/* worker SECONDS: uses some 5% of a core in its own name for so long, then ends. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "spin.h"

int main(int argc, char **argv) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  double end = now.tv_sec + now.tv_nsec / 1e9 + atof(argv[1]);
  do {
    spin_micros(2000);
    usleep(38000);
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while (now.tv_sec + now.tv_nsec / 1e9 < end);
  return 0;
}
