import { describe, expect, it } from 'vitest';

import { splitOf } from './files.ts';
import type { Judgement } from './judge.ts';
import { isPassed, showBySplit, showFailures, type Judged } from './report.ts';

const fine: Judgement = {
  milliseconds: 3,
  refusal: null,
  documents: 2,
  invalidAccepted: 0,
  validRefused: 0,
  otherOrder: 0,
};

const judged = (name: string, ours: Partial<Judgement>, right?: readonly boolean[]): Judged => ({
  file: { name, path: `/nowhere/${name}`, split: splitOf(name) },
  ours: { ...fine, ...ours },
  peer: right === undefined ? null : { milliseconds: 1, right },
});

it.each([
  ['Github_easy---o1.json', 'Github_easy'],
  ['BFCL_java_0.json', 'BFCL'],
  ['JME_7.json', 'JME'],
])('%s is of the split %s', (name, split) => {
  expect(splitOf(name)).toBe(split);
});

describe('a schema', () => {
  it('passes where it compiles and all of its documents are judged rightly', () => {
    expect(isPassed(fine)).toBe(true);
    expect(isPassed({ ...fine, refusal: 'because' })).toBe(false);
    expect(isPassed({ ...fine, invalidAccepted: 1 })).toBe(false);
    expect(isPassed({ ...fine, validRefused: 1, otherOrder: 1 })).toBe(false);
  });
});

it('tells shares by split, with documents apart, and beside the peer', () => {
  const all = [
    judged('A---1.json', {}, [true, true]),
    judged('A---2.json', { documents: 0, refusal: 'At #/a & #/b it has 12 of 3.' }, []),
    judged('B---1.json', { validRefused: 1 }, [true, false]),
  ];
  const rows = showBySplit(all)
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  expect(rows[2]!.slice(1, 6)).toEqual(['all', '3', '33.3', '2', '50.0']);
  expect(rows[3]!.slice(1, 9)).toEqual(['A', '2', '50.0', '1', '100.0', '100.0', '100.0', '100.0']);
  expect(rows[4]!.slice(1, 9)).toEqual(['B', '1', '0.0', '1', '0.0', '100.0', '0.0', '0.0']);
  expect(showFailures(all)).toContain('At # it has N of N.');
});
