// [uplink.NAME], with the two classes that belong to no guest: unmarked traffic and flooded frames.
import type { UplinkEntry } from '../config.ts';
import { checkDeviceName } from '../names.ts';
import { decodeWindows, rateAndCeil } from './changes.ts';
import { decodeClass, id } from './class.ts';
import type { NamedTable } from './fields.ts';
import { leaf } from './leaf.ts';
import { deviceNameList, eachWay, integer, rate } from './values.ts';

const overhead = integer((number) => number >= 0 && number <= 512, 'bytes of each frame, 0 to 512');
const mpu = integer((number) => number >= 0 && number <= 2048, 'bytes, 0 to 2048');

export function decodeUplink({ name, at, fields }: NamedTable): UplinkEntry {
  checkDeviceName(name, at, fields);
  const unmarked = fields.section('unmarked');
  const flooded = fields.section('flooded');
  const { bridge: bridges } = fields.optional('bridge', deviceNameList);
  const entry: UplinkEntry = {
    name,
    at,
    ...(bridges ? { bridges } : {}),
    ...fields.optional('routed', deviceNameList),
    ...decodeClass(fields),
    ...fields.optional('overhead', overhead),
    ...fields.optional('mpu', mpu),
    unmarked: {
      ...unmarked.optional('rate', eachWay(rate)),
      ...decodeClass(unmarked),
      ...unmarked.optional('id', id),
      ...unmarked.optional('leaf', leaf),
      ...decodeWindows(unmarked, rateAndCeil),
    },
    flooded: {
      ...flooded.optional('rate', eachWay(rate)),
      ...decodeClass(flooded),
      ...flooded.optional('leaf', leaf),
    },
  };
  unmarked.reportUnknown();
  flooded.reportUnknown();
  fields.reportUnknown();
  return entry;
}
