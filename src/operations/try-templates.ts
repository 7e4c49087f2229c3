// Tries the administrator's own templates on two invented guests: an error in one would otherwise be noticed when the next guest
// starts.
import { parseConfig } from '../config/read-config.ts';
import { parseRules } from '../diff/parse-rules.ts';
import type { Guest } from '../guests/guest.ts';
import type { Device, Kernel } from '../host/host.ts';
import { generate } from '../pipeline.ts';
import { everyday } from '../policy/moment/moment.ts';
import type { Templates } from '../render/templates.ts';
import { SourceFile } from '../toml/source-file.ts';

/** A configuration that makes every template print every kind of line. */
const example = `[defaults]
unlisted = "shape"
local = "100mbit"
pps = 5000
storm = "2mbit"
[uplink.eth0]
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[guest.cliff]
group = "friends"
rate = "15mbit"
`;

/** @throws ConfigError with the place of an error in a template, or of a line that could not be loaded */
export function tryTemplates(templates: Templates, kernel: Kernel): void {
  const devices = new Map<string, Device>([
    ['br0', { tap: false }],
    ['eth0', { tap: false, master: 'br0' }],
    ['vnet0', { tap: true, master: 'br0' }],
    ['vnet1', { tap: true, master: 'br0' }],
  ]);
  const guests = ['cliff', 'jason'].map((name, index): Guest => {
    return {
      name,
      driver: 'qemu',
      nics: [{ tap: `vnet${index}`, bridge: 'br0', mac: `02:00:00:00:00:0${index}` }],
    };
  });
  const { rules } = generate({
    config: parseConfig([new SourceFile('an example', example)]).config,
    guests,
    host: { devices, kernel },
    moment: everyday,
    chosen: { guests: {}, groups: {} },
    templates,
    source: 'an example',
  });
  parseRules(rules, 'with your templates');
}
