#!/bin/sh
# Compiles 40 small C files with gcc, one after the other, for ever.
mkdir -p /var/tmp/compile && cd /var/tmp/compile || exit 1
for i in $(seq 40); do
  echo "#include <stdio.h>
int f$i(int a) { int s = 0; for (int i = 0; i < a; i++) s += i * $i; return printf(\"%d\", s); }" >"f$i.c"
done
while :; do
  for i in $(seq 40); do gcc -O1 -c "f$i.c"; done
done
