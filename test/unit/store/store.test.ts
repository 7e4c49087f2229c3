// What outlives one run: each file written over one that is there, read damaged, of another version, or half written by
// whoever was killed.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findLaidOut, layOut, snapshotText } from '../../../src/store/configuration.ts';
import { hasFailed, noteLoad, readHistory } from '../../../src/store/history.ts';
import {
  dropGood,
  keepGood,
  layGood,
  planFile,
  readCompanions,
  readIfGood,
  sourceFile,
} from '../../../src/store/in-force-rules.ts';
import { clearJournal, isJournalled, readUnfinished } from '../../../src/store/journal.ts';
import {
  describePending,
  dropPending,
  formerRules,
  readPending,
  sinceBoot,
  writePending,
} from '../../../src/store/pending.ts';
import {
  hasFingerprint,
  isCommitted,
  isOlder,
  noteSmallChange,
  recognize,
  writeListing,
} from '../../../src/store/table-fingerprint.ts';

let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper-store-'));
});
test.after.each(() => rmSync(folder, { recursive: true }));

const at = (path: string) => join(folder, path);
const write = (path: string, text: string) => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
};
const files = () =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(at(name)).isFile())
    .sort();
const rules = (word: string) => ({
  'ruleset.nft': `${word} n`,
  'shape.tc': `${word} t`,
  'devices.ip': `${word} i`,
  'settings.sysctl': `${word} s`,
});

test('a snapshot takes the place of the one before, with all its files', () => {
  const main = { name: '/etc/vs/config.toml', text: 'a' };
  const first = snapshotText([main, { name: '/etc/vs/config.d/20.toml', text: 'b' }]);
  const second = snapshotText([{ ...main, text: 'c' }]);
  assert.equal(layOut(first, at('x')), { file: '/etc/vs/config.toml', root: at('x') });
  const laid = files();
  assert.ok(laid.includes('x/etc/vs/config.d/20.toml'));
  write('x/etc/vs/mark', '');
  layOut(first, at('x'));
  assert.ok(existsSync(at('x/etc/vs/mark')), 'what is laid out stays');
  layOut(second, at('x'));
  assert.equal(
    files(),
    laid.filter((name) => !name.includes('20.toml')),
  );
  assert.is(readFileSync(at('x/etc/vs/config.toml'), 'utf8'), 'c');
  assert.is(statSync(at('x/etc/vs/config.toml')).mode & 0o777, 0o600);
  assert.equal(findLaidOut(at('x')), { file: '/etc/vs/config.toml', root: at('x') });
  for (const none of [
    undefined,
    '',
    '{',
    '{"version":2,"files":[{"name":"/a","text":""}]}',
    '{"version":1,"files":[]}',
    '{"version":1,"files":[{"name":"","text":"a"}]}',
    '{"version":1,"files":[{"name":"/a"}]}',
    '{"version":1,"files":[{"name":"/a","text":"a"},{"name":"/b","text":5}]}',
  ]) {
    assert.is(layOut(none, at('y')), undefined, none);
  }
  assert.not(existsSync(at('y')));
});

test('a snapshot that was laid out half is none, and is laid out again', () => {
  const text = snapshotText([{ name: '/etc/vs/config.toml', text: 'a' }]);
  const location = layOut(text, at('x'));
  rmSync(at('x/whole'));
  assert.is(findLaidOut(at('x')), undefined);
  assert.equal(layOut(text, at('x')), location);
  assert.equal(findLaidOut(at('x')), location);
  write('y/whole', '');
  assert.is(findLaidOut(at('y')), undefined);
  write('y/main', 'relative');
  assert.is(findLaidOut(at('y')), undefined);
  assert.is(findLaidOut(at('z')), undefined);
});

test('the history counts both, and the last of them says how it ended', () => {
  const file = at('history');
  assert.equal(readHistory(file), { version: 1, loads: 0, failures: 0, last: {} });
  assert.not(hasFailed(file));
  const said = ['', 'one', 'two', '', ''].map((error) => {
    const began = Date.now();
    noteLoad(file, error || undefined);
    const { loads, failures, last } = readHistory(file);
    assert.ok((last.at ?? 0) >= began && (last.at ?? 0) <= Date.now());
    assert.is(hasFailed(file), error !== '');
    return [loads, failures, last.error];
  });
  assert.equal(said, [
    [1, 0, undefined],
    [1, 1, 'one'],
    [1, 2, 'two'],
    [2, 2, undefined],
    [3, 2, undefined],
  ]);
  write('history', '{"version":2}');
  assert.not(hasFailed(file));
  noteLoad(file, 'three');
  assert.equal([readHistory(file).loads, readHistory(file).failures], [0, 1]);
});

test('the rules in force: laid, and kept only then; one folder, whatever was there', () => {
  const companions = new Map([
    [sourceFile, 's'],
    [planFile, 'p'],
  ]);
  assert.is(readIfGood(folder), undefined);
  const first = layGood(folder, rules('one'), companions);
  assert.is(readIfGood(folder), undefined, 'laid is not kept');
  keepGood(folder, first);
  assert.equal(readIfGood(folder), rules('one'));
  assert.equal(Object.fromEntries(readCompanions(at('good'))), Object.fromEntries(companions));
  assert.is(layGood(folder, rules('one'), companions), first, 'the same is laid already');
  const names = () => readdirSync(folder).sort();
  assert.equal(names(), [first, 'good'].sort());

  for (const [other, what] of [
    [new Map([[sourceFile, 's']]), 'one companion less'],
    [
      new Map([
        [sourceFile, 's'],
        [planFile, 'q'],
      ]),
      'another companion',
    ],
  ] as const) {
    const name = layGood(folder, rules('one'), other);
    assert.is.not(name, readlinkSync(at('good')), what);
    keepGood(folder, name);
    assert.equal(names(), [name, 'good'].sort(), what);
    assert.equal(Object.fromEntries(readCompanions(at('good'))), Object.fromEntries(other), what);
  }

  // Of a load that was killed: the next of that name begins empty.
  const next = layGood(folder, rules('two'), companions);
  rmSync(at(next), { recursive: true });
  write(`${next}/old`, 'x');
  write('.good-99/shape.tc', 'x');
  assert.is(layGood(folder, rules('two'), companions), next);
  assert.not(existsSync(at(`${next}/old`)));
  assert.equal(readIfGood(folder), rules('one'));
  keepGood(folder, next);
  assert.equal(names(), [next, 'good'].sort());
  assert.equal(readIfGood(folder), rules('two'));

  dropGood(folder);
  assert.equal(names(), []);
  write('good/shape.tc', 'a folder of another version');
  keepGood(folder, layGood(folder, rules('three'), companions));
  assert.equal(readIfGood(folder), rules('three'));
});

test('what is in force in /run, while the disk is full, goes with what is in force', () => {
  const spare = at('spare-1');
  for (const drop of [() => dropGood(at('rules')), () => keepGood(at('rules'), '.good-2')]) {
    write('rules/.good-2/shape.tc', 'later');
    write('spare-1/shape.tc', 'spare');
    keepGood(at('rules'), spare);
    assert.is(readlinkSync(at('rules/good')), spare);
    write('rules/.good-2/shape.tc', 'later');
    drop();
    assert.not(existsSync(spare));
    // Somebody has emptied /run meanwhile.
    keepGood(at('rules'), spare);
    write('rules/.good-2/shape.tc', 'later');
    assert.not.throws(drop);
  }
});

const table = (guest: string) => `table bridge virt-shaper {
	map guests {
		type ifname . ifname : verdict
		elements = { "${guest}" . "eth0" : goto out-10 }
	}

	chain out-10 {
		meta mark set 0x76730010 meta priority set 1:10 comment "cliff"
	}

	chain forward {
		type filter hook forward priority 0; policy accept;
		iifname . oifname vmap @guests
	}
}
`;

test('a table is that of a ruleset while nft lists it as it did; after a small change guest by guest', () => {
  const file = at('listing');
  assert.is(recognize(file, ''), undefined);
  writeListing(file, table('vnet0'), 'as listed');
  assert.equal(
    [hasFingerprint(file, table('vnet0')), hasFingerprint(file, table('vnet1')), isOlder(file)],
    [true, false, false],
  );
  assert.is(recognize(file, 'as listed'), table('vnet0'));
  assert.is(recognize(file, 'as listed '), undefined);
  assert.equal([isCommitted(file, table('vnet0')), isCommitted(file, table('vnet1'))], [true, false]);

  writeListing(file, table('vnet0'), table('vnet0'));
  noteSmallChange(file, table('vnet1'));
  assert.equal([hasFingerprint(file, table('vnet1')), isOlder(file)], [false, true]);
  assert.equal([isCommitted(file, table('vnet0')), isCommitted(file, table('vnet1'))], [false, true]);
  assert.is(recognize(file, table('vnet1')), table('vnet1'));
  assert.is(recognize(file, table('vnet0')), undefined, 'that was before');
  assert.is(recognize(file, table('vnet1').replace('policy accept', 'policy drop')), undefined);
  assert.is(recognize(file, table('vnet1').replace('0x76730010', '0x76730011')), undefined);
  assert.is(recognize(file, ''), undefined);
  noteSmallChange(file, table('vnet2'));
  assert.is(recognize(file, table('vnet2')), table('vnet2'), 'one after another');
  writeListing(file, table('vnet2'), table('vnet2'));
  assert.equal([hasFingerprint(file, table('vnet2')), isOlder(file)], [true, false]);
  writeFileSync(file, 'of another version');
  assert.equal(
    [isCommitted(file, 'of another version'), recognize(file, 'of another version')],
    [false, undefined],
  );
  writeListing(file, 'été', '');
  assert.ok(isCommitted(file, 'été'));
  rmSync(file);
  assert.not(isCommitted(file, ''));
});

test('the journal says whose clsact a killed load was making', () => {
  const journal = at('journal');
  assert.equal([...readUnfinished(journal)], []);
  assert.not(isJournalled(journal));
  write(
    'journal/0-stage-1.tc',
    'class add dev vnet0 clsact\nqdisc add dev vnet1 clsact\nqdisc add dev vnet2 root handle 1: htb\n',
  );
  write('journal/2-retire-1.tc', 'qdisc del dev vnet3 clsact\nqdisc add dev vnet4 clsact\n');
  write('journal/former-shape', 'qdisc add dev vnet5 clsact\n');
  assert.ok(isJournalled(journal));
  assert.equal([...readUnfinished(journal)], ['vnet1', 'vnet4']);
  clearJournal(journal);
  assert.not(isJournalled(journal));
});

test('a load that waits for its confirmation keeps what was before', () => {
  const pending = { id: 'x', deadline: 5, former: true };
  assert.is(readPending(at('confirm')), undefined);
  writePending(at('confirm'), pending, rules('one'), new Map([[sourceFile, 's']]));
  assert.equal(readPending(at('confirm')), pending);
  const said = (left: number) => {
    const { reason, remedy } = describePending({ ...pending, deadline: sinceBoot() + left });
    assert.is(remedy, 'virt-shaper confirm');
    return reason;
  };
  assert.match(said(90_500), /^what is loaded is taken back in (90|91) s unless somebody confirms it$/);
  for (const left of [-1, -90_000])
    assert.is(said(left), 'what is loaded was not confirmed in time, and nothing took it back');
  const former = formerRules(at('confirm'));
  assert.is(readFileSync(join(former, 'shape.tc'), 'utf8'), 'one t');
  assert.equal(Object.fromEntries(readCompanions(former)), { [sourceFile]: 's' });
  dropPending(at('confirm'));
  assert.is(readPending(at('confirm')), undefined);
  assert.not(existsSync(at('confirm')));
  assert.not.throws(() => dropPending(at('confirm')), 'nothing waits any more');
});

test.run();
