#!/bin/sh
# Makes the Debian root that the lab boots: build-root.sh ROOT SUITE MIRROR COMPONENTS
# Run under a lock and in a mount namespace of its own, so that an interrupted build leaves no mounts behind.
# A change to this file makes another root: its text is part of the cache key (root.ts).
set -eu
root=$1 suite=$2 mirror=$3 components=$4
[ -e "$root" ] && exit 0

building=$root.building
rm -rf "$building"
debootstrap --variant=minbase --components="$components" --include="$(echo \
  systemd systemd-sysv dbus libpam-systemd procps \
  nginx-light apache2-utils postgresql stress-ng gcc libc6-dev make | tr ' ' ,)" \
  "$suite" "$building" "$mirror"

rm -rf "$building"/var/cache/apt/* "$building"/var/lib/apt/lists/* "$building"/usr/share/doc "$building"/usr/share/man

# What reaches for hardware or the kernel's own settings, or wakes up by itself while a test measures.
for unit in getty@tty1.service console-getty.service systemd-pstore.service e2scrub_reap.service \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer logrotate.timer \
  man-db.timer systemd-tmpfiles-clean.timer postgresql.service nginx.service \
  systemd-modules-load.service modprobe@.service systemd-journald-audit.socket \
  sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount sys-kernel-config.mount \
  dev-hugepages.mount dev-mqueue.mount; do
  case $unit in
    # Started by the tests that want them.
    nginx.service | postgresql.service) rm -f "$building/etc/systemd/system/multi-user.target.wants/$unit" ;;
    *) ln -sf /dev/null "$building/etc/systemd/system/$unit" ;;
  esac
done
# Empty: made anew at each boot. Were it missing, systemd would take each boot for the first and enable every unit.
: >"$building/etc/machine-id"
echo unitledger-lab >"$building/etc/hostname"
# The stock access log would fill the disk under load.
sed -i 's/^\(\s*\)access_log .*/\1access_log off;/' "$building/etc/nginx/nginx.conf"
useradd --root "$building" --create-home --uid 1000 --shell /bin/sh lab

mv "$building" "$root"
