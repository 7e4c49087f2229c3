// The host around the policy: what libvirt calls, what comes from elsewhere.
import type { Declare } from './declare.ts';

export function declareHostCommands(command: Declare): void {
  command(
    'import <file>',
    "print the old hook's bandwidth.conf as TOML (- reads stdin)",
    async (context, [file = '-']) => (await import('../commands/import.ts')).importCommand(context, file),
  ).addHelpText(
    'after',
    `
Example:
  virt-shaper import /etc/libvirt/hooks/bandwidth.conf > config.toml
  virt-shaper check --config config.toml`,
  );
  // A guest may be named --help or -x: what libvirt passes is never an option.
  command(
    'hook [args...]',
    'what libvirt calls: DRIVER NAME OP SUBOP EXTRA, XML on stdin',
    async (context, args) => (await import('../commands/hook.ts')).hookCommand(context, args),
  )
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Example: a guest that was running before virt-shaper came
  virsh dumpxml cliff | virt-shaper hook qemu cliff start begin -`,
    );
}
