// The hint for a missing permission: the same command line, with sudo.

/** `run it as root: sudo virt-shaper status cliff` */
export function asRoot(): string {
  const words = process.argv.slice(2);
  const isPlain = words.every((word) => /^[\w@%+=:,./-]+$/.test(word));
  return `run it as root: sudo virt-shaper ${isPlain ? words.join(' ') : '...'}`.trimEnd();
}

/** @returns nothing where it was not a right that lacked */
export function rootHint({ code }: NodeJS.ErrnoException): string | undefined {
  return code === 'EACCES' || code === 'EPERM' ? asRoot() : undefined;
}

/** `permission denied`: the reason alone, where the message names the file already. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const [, reason] = /^E[A-Z0-9]+: (.*?), [a-z]+(?: '.*)?$/.exec(message) ?? [];
  return code === undefined || reason === undefined ? message : reason;
}
