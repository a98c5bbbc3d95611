/* names HEX...: one process for each, that goes by the name with these bytes. */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (fork() == 0) {
      char name[17] = "";
      for (unsigned at = 0; at < 16 && 2 * at < strlen(argv[i]); at++) sscanf(argv[i] + 2 * at, "%2hhx", name + at);
      prctl(PR_SET_NAME, name);
      for (;;) pause();
    }
  }
  while (wait(0) > 0);
  return 0;
}
