/* pulse COUNT WORK_MICROS PERIOD_MICROS: COUNT processes that each use WORK of CPU once a PERIOD. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "spin.h"

int main(int argc, char **argv) {
  int count = atoi(argv[1]);
  long work = atol(argv[2]), period = atol(argv[3]);
  for (int i = 0; i < count; i++) {
    if (fork() == 0) {
      /* Spread over the period, as unrelated programs are. */
      pause_micros(period * i / count);
      for (;;) {
        spin_micros(work);
        pause_micros(period);
      }
    }
  }
  while (wait(0) > 0);
  return argc < 4;
}
