/*
 * churn CGROUP STEADY NEW-PER-SECOND
 *
 * Makes the cgroup directory CGROUP with a service in it, prints "ready", and lives until its standard input ends: then
 * all of the service is killed, the cgroup is removed, and the number of processes that were started anew is printed.
 * STEADY processes of the service stay; one in ten of them wakes each 400 ms, works for about 20 microseconds and writes a
 * little. Another starts NEW-PER-SECOND processes a second, evenly, and waits for each. Of a hundred of those 70 work for
 * half a millisecond and end, 20 do so and sleep for 100 ms, 8 live for 2 s and 2 for 20 s, working all 200 ms. One in ten
 * starts one more itself and waits for it; that one counts as new, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../work.h"

enum { STEADY_NANOS = 20000, JOB_NANOS = 500000, STEADY_PERIOD_MS = 400, JOB_PERIOD_MS = 200 };

static const char *const names[] = {"compile", "link", "hook", "worker: job", "probe", "sh"};

/* Shared with the one that starts the new ones. */
static volatile unsigned long *started;

static void rest(long millis) {
  struct timespec time = {millis / 1000, millis % 1000 * 1000000L};
  while (nanosleep(&time, &time) != 0 && errno == EINTR) {
  }
}

static void stay(int busy, long index, long count) {
  prctl(PR_SET_NAME, busy ? "busy" : "resting");
  if (!busy) {
    for (;;) pause();
  }
  int sink = open("/dev/null", O_WRONLY);
  /* Spread over the period, so that they don't all wake at once. */
  rest(STEADY_PERIOD_MS * index / count);
  for (;;) {
    work(STEADY_NANOS);
    if (write(sink, "a little", 8) != 8) _exit(1);
    rest(STEADY_PERIOD_MS);
  }
}

static void job(unsigned long number) {
  prctl(PR_SET_NAME, names[number % (sizeof names / sizeof *names)]);
  work(JOB_NANOS);
  unsigned kind = number * 37 % 100;
  if (kind >= 70 && kind < 90) rest(100);
  if (kind >= 90) {
    for (int i = 0; i < (kind < 98 ? 10 : 100); i++) {
      rest(JOB_PERIOD_MS);
      work(JOB_NANOS);
    }
  }
  if (number % 11 == 0) {
    pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_NAME, "child of a job");
      work(JOB_NANOS);
      _exit(0);
    }
    if (child > 0) {
      __atomic_add_fetch(started, 1, __ATOMIC_RELAXED);
      waitpid(child, NULL, 0);
    }
  }
  _exit(0);
}

/* Ten of eleven of the new ones are its own, the rest are theirs. */
static void start_jobs(long new_per_second) {
  prctl(PR_SET_NAME, "service");
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (unsigned long number = 1;; number++) {
    pid_t child = fork();
    if (child == 0) job(number);
    if (child > 0) __atomic_add_fetch(started, 1, __ATOMIC_RELAXED);
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
    next.tv_nsec += 1000000000L / new_per_second * 12 / 11;
    next.tv_sec += next.tv_nsec / 1000000000L;
    next.tv_nsec %= 1000000000L;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR) {
    }
  }
}

static int put(const char *directory, const char *file, const char *text) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, file);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t written = write(fd, text, strlen(text));
  close(fd);
  return written < 0 ? -1 : 0;
}

/* A process of the service; 0 in it, its PID in the one that called. */
static pid_t begin(const char *cgroup) {
  pid_t child = fork();
  if (child != 0) return child;
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == 1 || put(cgroup, "cgroup.procs", "0") != 0) _exit(1);
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: churn CGROUP STEADY NEW-PER-SECOND\n");
    return 2;
  }
  const char *cgroup = argv[1];
  long steady = atol(argv[2]), new_per_second = atol(argv[3]);
  started = mmap(NULL, sizeof *started, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (started == MAP_FAILED || mkdir(cgroup, 0755) != 0) {
    fprintf(stderr, "churn: cannot make %s: %s\n", cgroup, strerror(errno));
    return 1;
  }
  /* It has to outlive an interruption to clean up: the end of its input is what ends it. */
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  int failed = 0;
  for (long i = 0; i < steady && !failed; i++) {
    pid_t child = begin(cgroup);
    if (child == 0) stay(i % 10 == 0, i, steady);
    failed = child < 0;
  }
  if (!failed && new_per_second > 0) {
    pid_t child = begin(cgroup);
    if (child == 0) start_jobs(new_per_second);
    failed = child < 0;
  }
  if (failed) fprintf(stderr, "churn: %s\n", strerror(errno));
  else {
    printf("ready\n");
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
  }
  /* cgroup-v2.rst, cgroup.kill: all at once, whatever is being started. */
  put(cgroup, "cgroup.kill", "1");
  while (wait(NULL) > 0) {
  }
  while (rmdir(cgroup) != 0 && errno == EBUSY) usleep(1000);
  printf("%lu\n", *started);
  return failed;
}
