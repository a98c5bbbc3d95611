#!/bin/sh
# write.sh CHILDREN MEBIBYTES: as many children, one after the other, each write so much to a disk through a child of
# their own; then it becomes `sleep`, which tells that all is written.
for i in $(seq "$1"); do
  sh -c "dd if=/dev/zero of=/var/tmp/written.$i bs=64k count=$(($2 * 16)) status=none; sleep 0.05"
done
exec sleep infinity
