// The names that entries may have. A device's name is passed to tc, ip and nft unchanged; a guest's name is compared with what
// libvirt passes, so it may be any that libvirt accepts (9.0: all but "/", line ends, "." and ".."), except for control
// characters, which XML cannot carry.
import type { Source } from '../system/errors.ts';
import { formatPath } from '../toml/write.ts';
import { isDeviceOrAltname } from '../units/units.ts';
import type { Fields } from './decode/fields.ts';

export const deviceNameHint =
  'names of network devices have 1 to 15 letters, digits and any of _ . @ + -, altnames up to 127; none begins with -';

export function checkDeviceName(name: string, at: Source, fields: Fields): void {
  if (isDeviceOrAltname(name)) return;
  fields.findings.error(
    at,
    `${formatPath(fields.path)}: ${JSON.stringify(name)} cannot be a network device`,
    deviceNameHint,
  );
}

export function checkGuestName(name: string, at: Source, fields: Fields): void {
  checkGroupName(name, at, fields);
  if (name.includes('/') || name === '.' || name === '..') {
    fields.findings.error(
      at,
      `${formatPath(fields.path)}: no guest can have this name: libvirt refuses "/", "." and ".."`,
      'virsh list --all --name shows the names that guests have',
    );
  }
}

export function checkGroupName(name: string, at: Source, fields: Fields): void {
  const path = formatPath(fields.path);
  if (name === '') fields.findings.error(at, `${path}: the name is empty`);
  const [control] = /(?!\t)\p{Cc}/u.exec(name) ?? [];
  if (control !== undefined) {
    const code = (control.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    fields.findings.error(at, `${path}: the name holds the control character U+${code}`, 'take it out');
  }
}
