/* deaf WORK_MICROS PAUSE_MICROS: forks children that work and exit, and has the kernel reap them: SIGCHLD ignored. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "spin.h"

int main(int argc, char **argv) {
  signal(SIGCHLD, SIG_IGN);
  for (;;) {
    if (fork() == 0) {
      spin_micros(atol(argv[1]));
      _exit(0);
    }
    pause_micros(atol(argv[2]));
  }
  return argc < 3;
}
