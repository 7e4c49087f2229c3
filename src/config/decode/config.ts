// Decodes the merged TOML tree into Config. Each function is one kind of table: the keys that it asks for are the keys that
// the table may have, any other is an error. check/config.ts checks values against each other later.
import type { Source } from '../../system/errors.ts';
import type { Findings } from '../../toml/findings.ts';
import type { TomlTable } from '../../toml/tree.ts';
import { formatPath } from '../../toml/write.ts';
import { type Both, byName } from '../../units/units.ts';
import type {
  ClassSettings,
  Config,
  GroupEntry,
  GroupValues,
  GuestEntry,
  GuestValues,
  LimitSettings,
  Setting,
} from '../config.ts';
import { checkDeviceName, checkGroupName, checkGuestName } from '../names.ts';
import { parseName } from '../pattern.ts';
import { ceilOnly, decodeBoost, decodeQuota, decodeWindows, rateAndCeil } from './changes.ts';
import { decodeClass, id } from './class.ts';
import { type Decoder, Fields, type NamedTable } from './fields.ts';
import { leaf } from './leaf.ts';
import { decodeLimits } from './limits.ts';
import { macs } from './macs.ts';
import { metadataRules } from './metadata.ts';
import { decodeUplink } from './uplink.ts';
import { eachWay, integer, oneOf, rate, text, yesOrNo } from './values.ts';

type Rates = Both<Setting<number>>;

const noId: Decoder<Setting<number>> = ({ key }, path, findings) =>
  findings.error(
    key,
    `${formatPath(path)}: a pattern cannot have an id, because every guest it fits needs its own`,
    'leave it out: each guest gets an id that stays with it; or write a [guest.NAME] for one guest',
  );
const markBase = integer(
  (number) => number >= 0 && number <= 0xffff0000 && number % 0x10000 === 0,
  'a multiple of 0x10000 from 0 to 0xffff0000 (ids are added to it)',
);

/** @returns a complete configuration with defaults filled in; a wrong value is a finding, and left out */
export function decodeConfig(tree: TomlTable | undefined, findings: Findings): Config {
  const root = new Fields([], tree, findings);
  const defaults = decodeDefaults(root.section('defaults'));
  const marks = root.section('marks');
  const hook = root.section('hook');
  const entries = {
    groups: root.sections('group').map(decodeGroup).sort(byName),
    guests: root
      .sections('guest')
      .map((section) => decodeGuest(section, defaults))
      .sort(byName),
  };
  const config: Config = {
    defaults,
    limited: limitsOf([defaults, ...entries.groups, ...entries.guests]),
    markBase: marks.optional('base', markBase).base?.value ?? 0x76730000,
    reflect: marks.optional('reflect', yesOrNo).reflect ?? true,
    hook: { onFailure: hook.optional('on_failure', oneOf('allow', 'refuse')).on_failure ?? 'allow' },
    uplinks: root.sections('uplink').map(decodeUplink).sort(byName),
    ...entries,
  };
  for (const fields of [root, marks, hook]) fields.reportUnknown();
  return config;
}

function limitsOf(settings: LimitSettings[]): Config['limited'] {
  const isOn = (key: keyof LimitSettings) =>
    settings.some((one) => one[key] !== undefined && one[key].value !== 'off');
  return { local: isOn('local'), pps: isOn('pps'), storm: isOn('storm') };
}

function decodeDefaults(fields: Fields): Config['defaults'] {
  const inBothDirections = (value: number): Rates => ({ out: { value }, in: { value } });
  const builtIn = { rate: inBothDirections(100e6), ceil: inBothDirections(1e9) };
  const defaults: Config['defaults'] = {
    ...builtIn,
    unlisted: 'ignore',
    oversubscribed: 'scale',
    metadata: false,
    ...fields.optional('rate', eachWay(rate, builtIn.rate)),
    ...fields.optional('ceil', eachWay(rate, builtIn.ceil)),
    ...fields.optional('unlisted', oneOf('ignore', 'shape', 'refuse')),
    ...fields.optional('oversubscribed', oneOf('scale', 'refuse')),
    ...fields.optional('metadata', metadataRules),
    ...fields.optional('leaf', leaf),
    ...decodeLimits(fields),
    ...decodeWindows(fields, rateAndCeil),
  };
  fields.reportUnknown();
  return defaults;
}

function decodeGroup({ name, at, fields }: NamedTable): GroupEntry {
  checkGroupName(name, at, fields);
  if (!fields.has('ceil')) {
    fields.findings.absence(
      at,
      `${formatPath(fields.path)}: a group needs a ceil`,
      'write ceil = "30mbit" below it, for example: what its members may use together',
    );
  }
  const values = decodeGroupValues(fields);
  const entry: GroupEntry = {
    name,
    at,
    ...values,
    ...decodeLimits(fields),
    ...fields.optional('id', id),
    ...decodeWindows(fields, ceilOnly),
    ...decodeQuota(fields, ceilOnly),
    on: decodeOn(fields, (on) => decodeGroupValues(on, values)),
  };
  fields.reportUnknown();
  return entry;
}

function decodeGroupValues(fields: Fields, otherwise: ClassSettings = {}): GroupValues {
  return { ...decodeClass(fields, otherwise), ...fields.optional('leaf', leaf) };
}

function decodeGuest({ name: written, at, fields }: NamedTable, defaults: Config['defaults']): GuestEntry {
  const { name, pattern } = parseName(written);
  checkGuestName(name, at, fields);
  const values = decodeGuestValues(fields, defaults);
  const entry: GuestEntry = {
    name,
    at,
    pattern,
    ...values,
    ...fields.optional('id', pattern ? noId : id),
    ...fields.optional('macs', macs),
    ...decodeLimits(fields),
    ...decodeWindows(fields, rateAndCeil),
    ...decodeQuota(fields, rateAndCeil),
    ...decodeBoost(fields),
    on: decodeOn(fields, (on) => decodeGuestValues(on, { ...defaults, ...values })),
  };
  fields.reportUnknown();
  return entry;
}

function decodeGuestValues(fields: Fields, otherwise: ClassSettings): GuestValues {
  return {
    ...fields.optional('group', text),
    ...fields.optional('rate', eachWay(rate, otherwise.rate)),
    ...decodeClass(fields, otherwise),
    ...fields.optional('leaf', leaf),
  };
}

/** [... .on.UPLINK]; the uplink needs no [uplink.UPLINK] of its own. */
function decodeOn<T>(fields: Fields, decode: (on: Fields) => T): Map<string, T & { at: Source }> {
  const sections = fields.sections('on').sort(byName);
  return new Map(
    sections.map(({ name, at, fields: on }) => {
      checkDeviceName(name, at, on);
      const values = { at, ...decode(on) };
      on.reportUnknown();
      return [name, values];
    }),
  );
}
