/* burn MILLIS [exit]: uses that much CPU, then sleeps for ever or exits with code 3. */
#include <stdlib.h>
#include <unistd.h>
#include "spin.h"

int main(int argc, char **argv) {
  spin_micros(atol(argv[1]) * 1000);
  if (argc > 2) return 3;
  for (;;) pause();
}
