// The lines that change in an extract are changed in the whole text, or nothing is where their place is not certain.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { splice } from '../../../src/part/splice.ts';

/** A line for each letter. */
const text = (letters: string) => [...letters].map((letter) => `${letter}\n`).join('');
const spliced = (whole: string, from: string, to: string) =>
  splice(text(whole), text(from), text(to))?.replaceAll('\n', '');

test('what is in the extract changes, all else stays', () => {
  for (const [whole, from, to, expected] of [
    ['abcdef', 'abef', 'abef', 'abcdef'],
    ['abcdef', 'bcd', 'bxd', 'abxdef'],
    ['abcdef', 'bcd', 'bd', 'abdef'],
    ['abcdef', 'bcd', 'bcxyd', 'abcxydef'],
    ['#abcdef', '#abcdef', '#axcdyf', '#axcdyf'],
    ['abcdef', 'bcdef', 'bxdey', 'abxdey'],
    ['abcdef', 'def', 'de', 'abcde'],
    ['abcdef', 'def', 'defx', 'abcdefx'],
    ['abcabd', 'bd', 'bxd', 'abcabxd'],
    ['#abcdef', 'defabc', 'dxfayc', '#aycdxf'],
  ] as const)
    assert.is(spliced(whole, from, to), expected, `${whole}: ${from} -> ${to}`);
});

test('where the place is not certain nothing changes', () => {
  for (const [whole, from, to, why] of [
    ['abcdef', 'bcd', 'xbcd', 'at the beginning nothing comes before it'],
    ['abcdef', 'bd', 'bxd', 'they are not beside each other'],
    ['abcbcd', 'bc', 'bxc', 'it is there twice'],
    ['abcdef', 'bcd', 'bcdx', 'it is not the end of the whole'],
    ['abcdef', 'bxd', 'byd', 'it is not there'],
    ['abc', 'ab', 'axb', 'before the first line there is no newline'],
    ['abcdef', 'bcd', 'dcb', 'the order is another'],
  ] as const)
    assert.is(spliced(whole, from, to), undefined, why);
});

test('a line that the extract has twice is no place: those around both are', () => {
  assert.is(spliced('#abcbd', 'abcbd', 'abcbxd'), '#abcbxd');
  assert.is(spliced('#abcbdabcby', 'abcbd', 'abcbxd'), '#abcbxdabcby');
});

test('blank lines are between others, and no place', () => {
  const whole = '#\na\n\nb\n\nc\n';
  assert.is(splice(whole, 'a\n\nb\n', 'a\n\nx\nb\n'), '#\na\n\nx\nb\n\nc\n');
  assert.is(splice(whole, 'b\n\nc\n', 'b\n\nc\nd\n'), `${whole}d\n`);
});

test.run();
