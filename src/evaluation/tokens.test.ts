import { describe, expect, it } from 'vitest';

import { InvalidOptionError, type TokenTrace } from '../spec/index.ts';
import { tokenKinds } from './token-kinds.ts';
import { shiftsByKind, shiftsByPosition, toTokenShift } from './token-shifts.ts';

describe('tokenKinds', () => {
  it('finds facts over several tokens, labels, numbers and punctuation', () => {
    const tokens = [
      'Cert',
      'ainly',
      '!',
      ' El',
      'nin',
      ' joined',
      ' the',
      ' Scar',
      'let',
      ' league',
      ' in',
      ' 17',
      '95',
      '.',
    ];
    const kinds = tokenKinds(tokens, {
      references: ['Scarlet League'],
      labels: { opening: ['Certainly!'], name: ['Elnin'] },
    });
    expect(kinds).toEqual([
      'opening',
      'opening',
      'opening',
      'name',
      'name',
      'style',
      'style',
      'fact',
      'fact',
      'fact',
      'style',
      'number',
      'number',
      'punctuation',
    ]);
  });

  it('takes a number for a fact where it is one, and no part of a word', () => {
    expect(tokenKinds(['17', '95', '1'], { references: ['1795'] })).toEqual(
      Array(3).fill('number'),
    );
    expect(tokenKinds(['17', '95', ' 1'], { references: ['1795', ' '] })).toEqual([
      'fact',
      'fact',
      'number',
    ]);
    expect(tokenKinds(['(', '\uFFFD', ' \n', 'é'])).toEqual([
      'punctuation',
      'style',
      'punctuation',
      'style',
    ]);
    expect(tokenKinds(['(', '1795', ')'], { references: ['1795'] })).toEqual([
      'punctuation',
      'fact',
      'punctuation',
    ]);
    expect(tokenKinds(['a', '+b'], { references: ['a+b'] })).toEqual(['fact', 'fact']);
  });
});

describe('token shifts', () => {
  const named = (tokenId: number) => ({ tokenId, text: '', logprob: -1 });
  const trace: TokenTrace = {
    terms: [
      { model: 'expert', coefficient: 1, logprob: -9, share: -9 },
      { model: 'large', coefficient: 1, logprob: Math.log(0.2), share: Math.log(0.2) },
    ],
    rewards: [],
    klScale: 1,
    baseChoice: named(3),
    shift: Math.log(2.5),
    kl: 0.7,
    topBefore: [named(3)],
    topAfter: [named(5)],
  };
  const place = { kind: 'style', position: 2 } as const;

  it('compares probabilities, not log-probabilities', () => {
    expect(toTokenShift({ trace }, 'large', place)).toEqual({
      ...place,
      probability: expect.closeTo(0.3, 12) as number,
      kl: 0.7,
      changed: true,
    });
    const same = { ...trace, topAfter: [named(3)] };
    expect(toTokenShift({ trace: same }, 'large', place).changed).toBe(false);
  });

  it('needs a trace with the base', () => {
    expect(() => toTokenShift({}, 'large', place)).toThrow(/trace: true/);
    expect(() => toTokenShift({ trace }, 'small', place)).toThrow(/only of expert, large/);
  });

  it('groups by kind and position', () => {
    const shift = (kind: string, position: number, probability: number) => ({
      kind,
      position,
      probability,
      kl: probability * 2,
      changed: probability > 0.3,
    });
    const shifts = [shift('style', 0, 0.25), shift('fact', 1, -0.25), shift('style', 3, 0.75)];
    expect(shiftsByKind(shifts)).toEqual(
      new Map([
        ['style', { count: 2, probability: 0.5, kl: 1, changed: 0.5 }],
        ['fact', { count: 1, probability: -0.25, kl: -0.5, changed: 0 }],
      ]),
    );
    expect(shiftsByPosition(shifts, [0, 2, 9])).toEqual([
      { from: 0, count: 2, probability: 0, kl: 0, changed: 0 },
      { from: 2, count: 1, probability: 0.75, kl: 1.5, changed: 1 },
    ]);
    expect(() => shiftsByPosition(shifts, [1, 2])).toThrow(InvalidOptionError);
    expect(() => shiftsByPosition(shifts, [0, 2, 2])).toThrow(InvalidOptionError);
  });
});
