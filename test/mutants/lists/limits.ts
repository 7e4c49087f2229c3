// Faults in what holds for now: what counts over what, when it ends, what is kept of it.
import type { Listed } from './listed.ts';

const kernel = { kernel: ['limit'] };
const quick = { quick: ['unit/policy', 'unit/store', 'unit/report'] };

export const limits: Listed[] = [
  {
    what: 'of two limits for one value the first counts',
    from: 'const last = own.findLast((one) => one[key]?.[direction] !== undefined);',
    to: 'const last = own.find((one) => one[key]?.[direction] !== undefined);',
    ...quick,
  },
  {
    what: 'a limit goes on when its time has come',
    from: 'return until === undefined || now < until;',
    to: 'return until === undefined || now <= until;',
    ...quick,
  },
  {
    what: 'a guarantee that a lower ceil cuts is said to be scaled',
    from: 'const configured = isWritten && most >= usualMost ? wanted(asked) : value;',
    to: 'const configured = isWritten ? wanted(asked) : value;',
    ...quick,
  },
  {
    what: 'a group that is less for now keeps guests from starting',
    from: 'if (ceiling.isForNow) scaleTo(ceiling, uplink, direction);',
    to: 'if (!ceiling) scaleTo(ceiling, uplink, direction);',
    ...quick,
  },
  {
    what: 'a clock that is set forward ends a limit',
    from: 'until: override.until + (lasts ? jump : Math.max(0, jump))',
    to: 'until: override.until + (lasts ? jump : 0)',
    ...quick,
  },
  {
    what: 'what has just ended is forgotten, though the clock may be wrong',
    from: 'isInForce(withEnd(one, clock), now - memory)',
    to: 'isInForce(withEnd(one, clock), now)',
    ...quick,
  },
  {
    what: 'a limit lasts over a reboot by the count of the boot before',
    from: 'if (override.until === undefined || boot.id !== clock.boot) return override;',
    to: 'if (override.until === undefined) return override;',
    ...quick,
  },
  {
    what: 'a limit that could not be loaded is kept',
    from: '        writeOverrides(file, overrides);\n        writeRulesAnywhere(context, before, folderFor(context, before));\n',
    to: '',
    ...kernel,
  },
  {
    what: 'a damaged file is not set aside before another takes its place',
    from: "if (!isFolder(file)) writeWhole(`${file}.damaged`, readCache(file) ?? '', 0o600);",
    to: '',
    ...quick,
  },
  {
    what: 'members of a limited group are told of as if each were',
    from: 'if (!said.has(source)) bySource',
    to: 'bySource',
    ...quick,
  },
];
