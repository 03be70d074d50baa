import { describe, expect, it } from 'vitest';

import type { GeneratedToken, TokenTrace } from '../../index.ts';
import { renderMovedToken } from './moved-token.ts';
import { createPalette } from './palette.ts';
import { rewardGain } from './reward-gain.ts';
import { renderSteering } from './steering.ts';
import { renderTrace } from './trace-table.ts';

const plain = createPalette(false);

/** A token whose rewards, by name, have these values at weight 2. */
function token(
  text: string,
  values: Readonly<Record<string, number>>,
  klScale = 1,
): GeneratedToken {
  const rewards = Object.entries(values).map(([name, value]) => ({
    name,
    weight: 2,
    value,
    share: 2 * value,
  }));
  const trace: TokenTrace = {
    terms: [{ model: 'large', coefficient: 1, logprob: -1, share: -1 }],
    rewards,
    klScale,
    baseChoice: { tokenId: 9, text: 'b', logprob: -1 },
    shift: 0.5,
    kl: 0.1,
    topBefore: [],
    topAfter: [],
  };
  return { tokenId: 1, text, logprob: -1, trace };
}

describe('the table of a trace', () => {
  it('has a column for each reward, empty where a token was not judged', () => {
    const lines = renderTrace([token('{', {}), token('a', { brief: -0.25 })], plain);
    expect(lines).toEqual([
      'token  logprob  shift    KL  +1.0·large  +2.0·brief  unsteered',
      "'{'      -1.00  +0.50  0.10       -1.00              'b'",
      "'a'      -1.00  +0.50  0.10       -1.00       -0.50  'b'",
    ]);
  });

  it('says what a KL budget left, only where it left less than all', () => {
    const title = (...tokens: GeneratedToken[]) => renderTrace(tokens, plain)[0];
    expect(title(token('a', {}), token('b', {}))).not.toContain('scale');
    expect(title(token('a', {}), token('b', {}, 0.25))).toContain('scale');
    expect(renderTrace([token('a', {}, 0.25)], plain)[1]).toMatch(/0\.25 +'b'$/);
  });
});

it('explains a token by its rewards and its budget', () => {
  const tokens = [token('a', { brief: 1 }), token('b', { brief: 0.25 }, 0.4)];
  const lines = renderMovedToken(tokens, 1, plain);
  expect(lines[0]).toMatch(/shift \+0\.50, rewards -1\.50$/);
  expect(lines).toContain('   rewards  +2 × brief 0.25 = +0.50');
  expect(lines).toContain('   KL budget  left 40 % of the shift');
  const unguided = renderMovedToken([token('a', {})], 0, plain).join('\n');
  expect(unguided).not.toMatch(/rewards|budget/);
});

it('counts what a token changed in the rewards from the judged token before', () => {
  const tokens = [token('a', { x: 1, y: 0 }), token('b', {}), token('c', { x: 1, y: -3 })];
  expect(tokens.map((_, index) => rewardGain(tokens, index))).toEqual([0, 0, -6]);
});

describe('a schedule', () => {
  const at = (text: string, alpha: number): GeneratedToken => {
    const own = token(text, {});
    const terms = [
      { model: 'large', coefficient: 1, logprob: -1, share: -1 },
      { model: 'chat', coefficient: alpha, logprob: -2, share: -2 * alpha },
    ];
    return { ...own, trace: { ...own.trace!, terms, params: { alpha } } };
  };

  it('has a column for what it chose, and terms are called by their models alone', () => {
    expect(renderTrace([at('a', 0.5), at('b', 0)], plain)).toEqual([
      'token  logprob  shift    KL  alpha  +1.0·large   chat  unsteered',
      "'a'      -1.00  +0.50  0.10   0.50       -1.00  -1.00  'b'",
      "'b'      -1.00  +0.50  0.10   0.00       -1.00   0.00  same",
    ]);
  });

  it('is said of a token that is explained', () => {
    expect(renderMovedToken([at('a', 0.25)], 0, plain)).toContain('   at this token  alpha 0.25');
    expect(renderMovedToken([token('a', {})], 0, plain).join()).not.toContain('at this token');
  });
});

it('sums up a whole answer', () => {
  const usage = { promptTokens: 1, completionTokens: 40, models: {} };
  expect(renderSteering({ usage }, null)).toEqual([]);
  const steered = { usage, rewards: { brief: -0.5, kind: 2 }, kl: 3, steeredTokens: 12 };
  expect(renderSteering(steered, { perAnswer: 20 })).toEqual([
    'rewards brief -0.50, kind 2.00',
    'KL budget 3.00 of 20 nats spent',
    'steered 12 of 40 tokens (30 %)',
  ]);
  expect(renderSteering({ usage, kl: 3 }, { perToken: 1 })).toEqual(['KL budget 3.00 nats spent']);
});
