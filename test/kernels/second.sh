#!/bin/sh
# second.sh CHECKOUT KERNEL   the first process of the emulated machine on its real root: what an init would set up,
# then the jobs (inside.ts), then the machine goes off. KERNEL is the folder of its modules.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
# Tells tests and the demo that the CPU is an emulated one (test/support/patience.ts).
export VIRT_SHAPER_EMULATED=1
release=$(uname -r)
mkdir -p "/lib/modules/$release" /dev/pts /dev/shm /run/lock
mount --bind "$2/lib/modules/$release" "/lib/modules/$release"
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
ln -s /proc/self/fd /dev/fd
echo /sbin/modprobe >/proc/sys/kernel/modprobe
# Without udev nobody makes the nodes that load their module when they are opened.
modprobe -a tun br_netfilter 2>/dev/null
ip link set lo up
hostname stock

cd "$1" || exit
touch /run/results/up
node test/kernels/inside.js /run/results >/run/results/output 2>&1
touch /run/results/done
sync
echo o >/proc/sysrq-trigger
sleep 60
