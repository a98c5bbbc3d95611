/*
 * population CGROUP COUNT BUSY-EVERY PERIOD-MS GROUPS
 *
 * Makes the cgroup directory CGROUP and COUNT children in it, prints "ready", and lives until its standard input ends:
 * then the children are killed and the cgroup is removed, whatever became of who started it. With more than one of
 * GROUPS, the children are in cgroups
 * bench@0.service, bench@1.service, ... below it, one after the other. Every BUSY-EVERY-th child
 * (0: none) wakes each PERIOD-MS, works for about 20 microseconds and writes a little, so that its CPU clock and its
 * I/O counters move; the others sleep.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "work.h"

enum { WORK_NANOS = 20000 };

static void live(int procs, int joined, int busy, long index, long count, long period_ms) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == 1 || write(procs, "0", 1) != 1) _exit(1);
  close(procs);
  close(joined);
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  if (!busy) {
    for (;;) pause();
  }
  int sink = open("/dev/null", O_WRONLY);
  /* Spread over the period, so that they don't all wake at once. */
  long period = period_ms * 1000000L;
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  next.tv_nsec += period / count * index;
  for (;;) {
    next.tv_nsec += period;
    next.tv_sec += next.tv_nsec / 1000000000L;
    next.tv_nsec %= 1000000000L;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR) {
    }
    work(WORK_NANOS);
    if (write(sink, "a little", 8) != 8) _exit(1);
  }
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: population CGROUP COUNT BUSY-EVERY PERIOD-MS GROUPS\n");
    return 2;
  }
  const char *cgroup = argv[1];
  long count = atol(argv[2]), busy_every = atol(argv[3]), period_ms = atol(argv[4]), groups = atol(argv[5]);
  char path[4096];
  snprintf(path, sizeof path, "%s/cgroup.procs", cgroup);
  pid_t *children = calloc(count, sizeof *children);
  if (children == NULL || mkdir(cgroup, 0755) != 0) {
    fprintf(stderr, "population: cannot make %s: %s\n", cgroup, strerror(errno));
    return 1;
  }
  /* It has to outlive an interruption to clean up: the end of its input is what ends it. */
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  int procs[groups], failed = 0;
  for (long group = 0; group < groups; group++) {
    if (groups > 1) {
      snprintf(path, sizeof path, "%s/bench@%ld.service", cgroup, group);
      failed |= mkdir(path, 0755) != 0;
      snprintf(path, sizeof path, "%s/bench@%ld.service/cgroup.procs", cgroup, group);
    }
    procs[group] = open(path, O_WRONLY | O_CLOEXEC);
    failed |= procs[group] < 0;
  }
  /* Its reading end ends once all have joined, since each closes the other end then. */
  int joined[2];
  failed |= pipe2(joined, O_CLOEXEC) != 0;
  for (long i = 0; i < count && !failed; i++) {
    children[i] = fork();
    if (children[i] == 0) {
      signal(SIGINT, SIG_DFL);
      signal(SIGTERM, SIG_DFL);
      live(procs[i % groups], joined[1], busy_every > 0 && i % busy_every == 0, i, count, period_ms);
    }
    failed = children[i] < 0;
  }
  if (failed) fprintf(stderr, "population: %s\n", strerror(errno));
  else {
    char byte;
    close(joined[1]);
    while (read(joined[0], &byte, 1) > 0) {
    }
    printf("ready\n");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
  }
  for (long i = 0; i < count; i++)
    if (children[i] > 0) kill(children[i], SIGKILL);
  while (wait(NULL) > 0) {
  }
  for (long group = 0; groups > 1 && group < groups; group++) {
    snprintf(path, sizeof path, "%s/bench@%ld.service", cgroup, group);
    while (rmdir(path) != 0 && errno == EBUSY) usleep(1000);
  }
  while (rmdir(cgroup) != 0 && errno == EBUSY) usleep(1000);
  return failed;
}
