// The commands about the host: what libvirt calls, what checks the host, and what imports a policy from elsewhere.
import type { Declare } from './declare.ts';

export function declareHostCommands(command: Declare): void {
  command(
    'import <file...>',
    "print the limits of the old hook's bandwidth.conf, of libvirt or Proxmox VE as TOML (- reads stdin)",
    async (context, files, options) =>
      (await import('../commands/host/import.ts')).importCommand(context, files, options),
  )
    .option('--from <format>', 'bandwidth.conf, libvirt or proxmox; seen from the files when left out')
    .addHelpText(
      'after',
      `
Example: from the old hook, from libvirt, from Proxmox VE
  virt-shaper import /etc/libvirt/hooks/bandwidth.conf > /etc/virt-shaper/config.d/50-limits.toml
  virsh dumpxml cliff | virt-shaper import - > /etc/virt-shaper/config.d/50-limits.toml
  virt-shaper import /etc/pve/qemu-server/*.conf > /etc/virt-shaper/config.d/50-limits.toml
  virt-shaper check`,
    );
  command(
    'sync',
    'find the running guests anew, render and load; nothing to do, nothing changed',
    async (context, _args, options) =>
      (await import('../commands/host/sync.ts')).syncCommand(context, options),
  )
    .option(
      '--settle <seconds>',
      'wait first, until no other sync was wanted for so long; end at once when another one waits already',
    )
    .option('--in-force', 'by the configuration that was loaded last; nothing after virt-shaper unload')
    .option('--service', 'what virt-shaper.service runs: at boot, nothing after virt-shaper unload')
    .addHelpText(
      'after',
      `
Example: after a NIC was plugged into a running guest, where nothing else runs it
  virt-shaper sync`,
    );
  command(
    'doctor',
    'what this host can and cannot do, and what to do about it (status 3: warnings, 1: problems)',
    async (context, _args, options) =>
      (await import('../commands/host/doctor.ts')).doctorCommand(context, options),
  )
    .option('--json', 'as data')
    .addHelpText(
      'after',
      `
Example: only what is not as it should be
  virt-shaper --quiet doctor`,
    );
  command(
    'init',
    "write a first config.toml from this host's bridges and guests; never over one that is there",
    async (context, _args, options) =>
      (await import('../commands/host/init.ts')).initCommand(context, options),
  )
    .option('--print', 'print it instead')
    .addHelpText(
      'after',
      `
Example: look first
  virt-shaper init --print | less`,
    );
  command(
    'hooks <action>',
    "install, remove or status: the files in libvirt's folder of hooks",
    async (context, args, options) =>
      (await import('../commands/host/hooks.ts')).hooksCommand(context, args, options),
  )
    .option('--json', 'with status: as data')
    .addHelpText(
      'after',
      `
Example: let libvirt call virt-shaper from now on
  virt-shaper hooks install && virt-shaper hooks status`,
    );
  // Arguments that libvirt passes are never options: a guest may be named --help or -x.
  command(
    'hook [args...]',
    'what libvirt calls: DRIVER NAME OP SUBOP EXTRA, XML on stdin',
    async (context, args) => (await import('../commands/host/hook.ts')).hookCommand(context, args),
  )
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Guests that ran before virt-shaper came are found by "virt-shaper apply" and "virt-shaper sync".

Example: as libvirt calls it, for a guest that no libvirt of this host has
  virsh dumpxml cliff | virt-shaper hook qemu cliff start begin -`,
    );
}
