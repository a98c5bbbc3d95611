#!/bin/sh
# foreman.sh UNIT: has its children work in the cgroup of another unit, and waits for them itself.
other=/sys/fs/cgroup$(systemctl show --property ControlGroup --value "$1")
while :; do
  sh -c 'echo 0 >"$0/cgroup.procs" && exec /opt/lab/burn 30 exit' "$other"
  sleep 0.05
done
