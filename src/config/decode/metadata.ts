// metadata = true, or { groups = [...], rate = "...", ceil = "..." }: what a guest's own XML may ask for. A tenant may be able
// to write that XML, so it is granted only what is named here or given to everybody.
import type { MetadataRules, Setting } from '../config.ts';
import { type Decoder, Fields, wrongType } from './fields.ts';
import { eachWay, rate, text } from './values.ts';

export const metadataRules: Decoder<MetadataRules | false> = ({ value }, path, findings) => {
  if (value.type === 'boolean') return value.value ? { groups: [] } : false;
  if (value.type !== 'table') return wrongType(value, path, 'true, false or a table', findings);
  const fields = new Fields(path, value, findings);
  const rules: MetadataRules = {
    groups: [],
    ...fields.optional('groups', groups),
    ...fields.optional('rate', eachWay(rate)),
    ...fields.optional('ceil', eachWay(rate)),
  };
  fields.reportUnknown();
  return rules;
};

const groups: Decoder<Setting<string>[]> = ({ key, value }, path, findings) => {
  const items = value.type === 'list' ? value.items : [value];
  return items.flatMap((item) => text({ key, value: item }, path, findings) ?? []);
};
