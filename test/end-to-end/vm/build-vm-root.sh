#!/bin/sh
# Makes what the VM boots: build-vm-root.sh FOLDER SUITE MIRROR COMPONENTS
# FOLDER then holds root.img (ext4), vmlinuz and initrd. Run under a lock and in a mount namespace of its own, so that
# an interrupted build leaves no mounts behind. A change to this file makes others: its text is part of the cache key.
set -eu
folder=$1 suite=$2 mirror=$3 components=$4
[ -e "$folder" ] && exit 0

building=$folder.building
rm -rf "$building"
mkdir -p "$building"
root=$building/root
debootstrap --variant=minbase --components="$components" --include="$(echo \
  systemd systemd-sysv dbus procps kmod udev initramfs-tools linux-image-cloud-amd64 | tr ' ' ,)" \
  "$suite" "$root" "$mirror"

rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/doc "$root"/usr/share/man
cp "$root"/boot/vmlinuz-* "$building/vmlinuz"
cp "$root"/boot/initrd.img-* "$building/initrd"

for unit in getty@tty1.service serial-getty@ttyS0.service systemd-timesyncd.service apt-daily.timer \
  apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer systemd-tmpfiles-clean.timer; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
: >"$root/etc/fstab"
echo unitledger-vm >"$root/etc/hostname"
cat >"$root/etc/systemd/system/payload.service" <<'UNIT'
[Unit]
Description=What the second disk holds, to its end
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'mkdir -p /payload && mount -o ro /dev/vdb /payload && exec /payload/run'
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
ExecStopPost=/bin/systemctl --no-block poweroff
[Install]
WantedBy=multi-user.target
UNIT
ln -s ../payload.service "$root/etc/systemd/system/multi-user.target.wants/payload.service" 2>/dev/null || {
  mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
  ln -s ../payload.service "$root/etc/systemd/system/multi-user.target.wants/payload.service"
}

mke2fs -q -t ext4 -d "$root" "$building/root.img" 3G
rm -rf "$root"
mv "$building" "$folder"
