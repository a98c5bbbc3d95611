/*
 * floor PROCS INTERVAL ROUNDS
 *
 * The least that sampling can cost: keeps two descriptors (stat, io) on each process that the file PROCS (cgroup.procs)
 * lists, and in each round reads both once, and does nothing with what was read. A round begins every INTERVAL seconds;
 * with 0, as soon as the one before has ended. Where there are not as many descriptors to be had, it reads as many
 * processes as there are for. Goes on for ROUNDS rounds (0: until SIGTERM), then prints as JSON what
 * it did: processes, rounds, and CPU seconds (getrusage(2)) from the first round on, opening not counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void end(int signal) {
  (void)signal;
  ended = 1;
}

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static int open_file(int pid, const char *file) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
  return open(path, O_RDONLY | O_CLOEXEC);
}

int main(int argc, char **argv) {
  FILE *list = argc == 4 ? fopen(argv[1], "r") : NULL;
  if (list == NULL) {
    fprintf(stderr, "usage: floor PROCS INTERVAL ROUNDS\n");
    return 2;
  }
  double interval = atof(argv[2]);
  long rounds = atol(argv[3]);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  /* Two descriptors of each of many processes are more than the hard limit often is. */
  struct rlimit more = {65536, 65536};
  if (files.rlim_max < more.rlim_max) setrlimit(RLIMIT_NOFILE, &more);

  int *stats = NULL, *ios = NULL, pid;
  size_t count = 0, room = 0;
  while (fscanf(list, "%d", &pid) == 1) {
    if (count == room) {
      room = room == 0 ? 1024 : room * 2;
      stats = realloc(stats, room * sizeof *stats);
      ios = realloc(ios, room * sizeof *ios);
      if (stats == NULL || ios == NULL) return 1;
    }
    stats[count] = open_file(pid, "stat");
    ios[count] = open_file(pid, "io");
    if (stats[count] < 0 || ios[count] < 0) {
      /* So many processes count: what is printed says how many. */
      if (errno == EMFILE && count > 0) break;
      perror("floor: cannot open a process's files");
      return 1;
    }
    count++;
  }
  fclose(list);

  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
  static char buffer[4096];
  long done = 0;
  double cpu = cpu_seconds(), begin = now();
  while (!ended && (rounds == 0 || done < rounds)) {
    for (size_t i = 0; i < count; i++) {
      if (pread(stats[i], buffer, sizeof buffer, 0) <= 0 || pread(ios[i], buffer, sizeof buffer, 0) <= 0) {
        perror("floor: cannot read a process's files");
        return 1;
      }
    }
    done++;
    if (interval == 0) continue;
    /* Rounds whose time has passed meanwhile (it may be stopped and go on) are left out, not made up for. */
    do begin += interval;
    while (begin <= now());
    /* A signal wakes it early, so that it ends at once. */
    struct timespec until = {(time_t)begin, (long)((begin - (time_t)begin) * 1e9)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
  }
  printf("{\"processes\":%zu,\"rounds\":%ld,\"cpuSeconds\":%.6f}\n", count, done, cpu_seconds() - cpu);
  return 0;
}
