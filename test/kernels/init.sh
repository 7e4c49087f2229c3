#!/bin/busybox sh
# The first process of the emulated machine. The root is the host's own, read only, under an overlay in memory, so that
# every path of the host is there and whatever is written is gone with the machine; only the folder `results` is
# shared for writing. Then it becomes second.sh of the checkout under test.

export PATH=/bin
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /host /memory /new
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "/modules/$module"; done </modules/order

options=trans=virtio,version=9p2000.L,msize=512000
mount -t 9p -o "ro,$options,cache=loose" host /host || poweroff -f
mount -t tmpfs -o size=75% memory /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work overlay /new || poweroff -f
mount -t tmpfs run /new/run
mkdir /new/run/results
mount -t 9p -o "rw,$options,cache=none" results /new/run/results || poweroff -f
for folder in proc sys dev; do mount --move "/$folder" "/new/$folder"; done

checkout=$(sed -n 's/.*\bcheckout=\([^ ]*\).*/\1/p' /new/proc/cmdline)
kernel=$(sed -n 's/.*\bkernel=\([^ ]*\).*/\1/p' /new/proc/cmdline)
exec switch_root /new /bin/sh "$checkout/test/kernels/second.sh" "$checkout" "$kernel"
