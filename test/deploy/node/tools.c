/*
 * The programs of the node tests' own image, static, told apart by the name they are called by:
 *
 *   pause               the process that holds a pod's namespaces
 *   load COUNT SECONDS  COUNT processes that sleep beside one that works a tenth of its time; all end after SECONDS
 *   deaf COUNT SECONDS  the same, and SIGTERM does not end it
 *   hog MIB SECONDS     has a child that fills MIB of memory, and outlives it; ends after SECONDS
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void end(int signal) { _exit(signal == SIGTERM ? 0 : 1); }

static void reap(int signal) {
  (void)signal;
  while (waitpid(-1, NULL, WNOHANG) > 0);
}

static void pause_for_good(void) {
  signal(SIGTERM, end);
  signal(SIGINT, end);
  signal(SIGCHLD, reap);
  for (;;) pause();
}

static double now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static int load(long count, double seconds, int hears) {
  /* PID 1 of a container has no default action for SIGTERM. */
  signal(SIGTERM, hears ? end : SIG_IGN);
  double until = now(CLOCK_MONOTONIC) + seconds;
  for (long i = 0; i < count; i++) {
    pid_t pid = fork();
    if (pid < 0) {
      perror("fork");
      return 1;
    }
    if (pid > 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTERM, SIG_DFL);
    for (;;) pause();
  }
  printf("%ld processes\n", count);
  fflush(stdout);
  while (now(CLOCK_MONOTONIC) < until) {
    double start = now(CLOCK_PROCESS_CPUTIME_ID);
    while (now(CLOCK_PROCESS_CPUTIME_ID) < start + 0.005);
    usleep(45000);
  }
  return 0;
}

static int hog(size_t bytes, unsigned seconds) {
  signal(SIGTERM, end);
  if (fork() == 0) {
    volatile char *memory = malloc(bytes);
    if (memory == NULL) return 1;
    for (size_t at = 0; at < bytes; at += 4096) memory[at] = 1;
    for (;;) pause();
  }
  for (unsigned i = 0; i < seconds; i++) sleep(1);
  return 0;
}

int main(int argc, char **argv) {
  const char *slash = strrchr(argv[0], '/');
  const char *name = slash ? slash + 1 : argv[0];
  if (strcmp(name, "pause") == 0) pause_for_good();
  if (argc == 3 && strcmp(name, "load") == 0) return load(atol(argv[1]), atof(argv[2]), 1);
  if (argc == 3 && strcmp(name, "deaf") == 0) return load(atol(argv[1]), atof(argv[2]), 0);
  if (argc == 3 && strcmp(name, "hog") == 0) return hog(atol(argv[1]) << 20, atoi(argv[2]));
  fprintf(stderr, "usage: pause | load COUNT SECONDS | deaf COUNT SECONDS | hog MIB SECONDS\n");
  return 2;
}
