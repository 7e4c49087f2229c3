#!/bin/sh
# For every line on standard input: all that virt-shaper could touch, in sections that "@@" ends. One shell
# that stays, because a fork of it costs a tenth of one of node (snapshot.ts).

while read -r _; do
  tc -j qdisc show
  printf '\n@@\n'
  nft -j list ruleset
  printf '\n@@\n'
  ip -j link show
  printf '\n@@\n'
  devices=
  classes=
  filters=
  for path in /sys/class/net/*; do
    device=${path##*/}
    devices="$devices $device"
    classes="${classes}qdisc show dev lo\nclass show dev $device\n"
    filters="${filters}qdisc show dev lo\nfilter show dev $device egress\nqdisc show dev lo\nfilter show dev $device ingress\nqdisc show dev lo\nfilter show dev $device\n"
  done
  echo "$devices"
  echo @@
  # shellcheck disable=SC2059
  printf "$classes" | tc -d -force -batch - 2>/dev/null
  printf '\n@@\n'
  # shellcheck disable=SC2059
  printf "$filters" | tc -j -force -batch - 2>/dev/null
  printf '\n@@end\n'
done
