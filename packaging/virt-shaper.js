#!/usr/bin/node
// /usr/sbin/virt-shaper. A file and not a symlink: AppArmor lets libvirtd, which runs the hook, start programs
// of /usr/bin and /usr/sbin, and it looks at where a symlink leads to.
require('../lib/virt-shaper/virt-shaper.js');
