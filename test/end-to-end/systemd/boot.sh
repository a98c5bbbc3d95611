#!/bin/sh
# Boots systemd in namespaces of its own; lab.ts runs it. Two stages:
#   boot.sh enter CGROUP ROOT FOLDER CHECKOUT NODE   goes into CGROUP and makes the namespaces
#   boot.sh init ROOT FOLDER CHECKOUT NODE           PID 1 of them: mounts, then becomes systemd
# All mounts are made in the new mount namespace, so they end with the last process in it.
set -eu
stage=$1
shift

if [ "$stage" = enter ]; then
  echo $$ >"$1/cgroup.procs"
  shift
  # --kill-child: PID 1 goes when this process does, which goes with the test (setpriv --pdeathsig in lab.ts).
  exec unshare --cgroup --mount --pid --uts --ipc --net --fork --kill-child --mount-proc sh "$0" init "$@"
fi

root=$1 folder=$2 checkout=$3 node=$4
machine=$folder/machine
mkdir -p "$folder/upper" "$folder/work" "$machine"

# The upper layer lies on a disk: the kernel counts no bytes for what is written to a tmpfs.
if ! mount -t overlay overlay -o "lowerdir=$root,upperdir=$folder/upper,workdir=$folder/work" "$machine" 2>/dev/null; then
  # No overlay on this file system (a container's own root is one, as a rule).
  cp -a --reflink=auto "$root/." "$machine"
  mount --bind "$machine" "$machine"
fi

# The program under test, where it also lies outside, and a Node to run it: for runs as on this machine itself.
mkdir -p "$machine$checkout"
mount --bind "$checkout" "$machine$checkout"
mount -o remount,bind,ro "$machine$checkout"
touch "$machine/usr/local/bin/node"
mount --bind "$node" "$machine/usr/local/bin/node"
mount -o remount,bind,ro "$machine/usr/local/bin/node"

cd "$machine"
mount -t proc proc proc
# systemd would raise limits of the whole machine.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

# lab.ts now moves the parent of this process out of the cgroup: v2 enables no controller below one that has
# processes of its own.
echo mounted
read -r _

mkdir .outside
pivot_root . .outside
# Only what dash has built in from here on: the tools of the old root have lost their libraries' paths.
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin container=unitledger-lab \
  sh -c 'umount -l /.outside && rmdir /.outside && hostname unitledger-lab && exec /lib/systemd/systemd' \
  </dev/null >/dev/null 2>&1
