#!/bin/sh
# Starts short-lived programs, one after the other, for ever.
while :; do
  /bin/true
  /bin/ls / >/dev/null
done
