// Who has logged in, whatever he has become since by sudo or su.
import { userInfo } from 'node:os';
import { readIfThere } from './files.ts';
import { printable } from './printable.ts';

/** A user's name, fit for a terminal: sudo's environment may say anything. */
export function whoAsks(): string {
  const { SUDO_USER, DOAS_USER } = process.env;
  return Array.from(printable(SUDO_USER || DOAS_USER || loginName() || ownName()))
    .slice(0, 64)
    .join('');
}

/** As the audit system keeps it; nothing for what nobody has logged in for, such as a service. */
function loginName(): string | undefined {
  const uid = readIfThere('/proc/self/loginuid')?.trim();
  const users = (readIfThere('/etc/passwd') ?? '').split('\n');
  return users.map((line) => line.split(':')).find((fields) => fields[2] === uid)?.[0];
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}
