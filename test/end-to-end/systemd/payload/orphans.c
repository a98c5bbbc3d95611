/* orphans PIDFILE WORK_MICROS PAUSE_MICROS: a daemon by double fork, whose workers are double-forked too: PID 1 reaps them. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "spin.h"

int main(int argc, char **argv) {
  if (fork() != 0) {
    /* systemd wants the file to be there when the first process exits. */
    while (access(argv[1], F_OK) != 0) pause_micros(1000);
    return argc < 4;
  }
  setsid();
  if (fork() != 0) return 0;
  char temporary[256];
  snprintf(temporary, sizeof temporary, "%s.new", argv[1]);
  FILE *file = fopen(temporary, "w");
  fprintf(file, "%d\n", getpid());
  fclose(file);
  rename(temporary, argv[1]);
  for (;;) {
    pid_t middle = fork();
    if (middle == 0) {
      if (fork() == 0) spin_micros(atol(argv[2]));
      _exit(0);
    }
    waitpid(middle, 0, 0);
    pause_micros(atol(argv[3]));
  }
}
