#!/bin/busybox sh
# A guest's first process. A NIC 52:54:00:77:NET:HOST gets the address 10.77.NET.HOST, whenever it is plugged
# in. iperf3 listens on four ports, the power button powers off, and the second serial port is a shell: one
# command a line, its output followed by "@STATUS@".
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*.ko; do insmod "$module"; done
ip link set lo up
# Two NICs in one network: each answers for its own address only.
echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore
echo 2 > /proc/sys/net/ipv4/conf/all/arp_announce

configure_nics() {
  for nic in /sys/class/net/*; do
    name=${nic##*/}
    case $(cat "$nic/address") in 52:54:00:77:*) ;; *) continue ;; esac
    [ $(($(cat "$nic/flags") & 1)) = 0 ] || continue
    IFS=: read -r _ _ _ _ net host < "$nic/address"
    ip addr add "10.77.$((0x$net)).$((0x$host))/24" dev "$name" 2> /dev/null
    ip link set "$name" up
  done
}

for input in /dev/input/event*; do
  { head -c 1 "$input" > /dev/null && poweroff -f; } &
done
configure_nics
while sleep 1; do configure_nics; done &
for port in 5201 5202 5203 5204; do
  while :; do
    iperf3 --server --json --interval 0.25 --port "$port" > /dev/null 2>&1
    sleep 1
  done &
done
{
  stty raw -echo < /dev/ttyS1
  exec 3<> /dev/ttyS1
  while IFS= read -r command <&3; do
    sh -c "$command" < /dev/null >&3 2>&1
    echo "@$?@" >&3
  done
} &
echo ready > /dev/ttyS0
while :; do sleep 3600; done
