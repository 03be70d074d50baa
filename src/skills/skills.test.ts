import { describe, expect, it } from 'vitest';

import { chooseSkill, searchMixture, type SkillScorer } from './index.ts';

const skills = ['maths', 'code'];
const examples = [1, 2, 3].map((id) => ({ prompt: { tokens: [id] }, answer: [id] }));

/** Likeliest at 0.9 maths and 0.3 code. */
function bowl() {
  let calls = 0;
  const scorer: SkillScorer = {
    score: async (_, __, { params }) => {
      calls++;
      const { maths = 0, code = 0 } = params;
      return { logprob: -((maths - 0.9) ** 2) - 2 * (code - 0.3) ** 2 };
    },
  };
  return { scorer, calls: () => calls };
}

describe('chooseSkill', () => {
  it('compares none and each skill, by one pass an example', async () => {
    const { scorer, calls } = bowl();
    const chosen = await chooseSkill(scorer, { skills, examples });
    expect(chosen.weights).toEqual({ maths: 1 });
    expect(chosen.compared.map(({ weights }) => weights)).toEqual([{ maths: 1 }, {}, { code: 1 }]);
    expect(chosen.logprob).toBeCloseTo(3 * -(0.01 + 0.18));
    expect([calls(), chosen.passes]).toEqual([9, 9]);
  });

  it('takes none where no skill helps, and the first of equals', async () => {
    const worse: SkillScorer = {
      score: async (_, __, { params }) => ({ logprob: -Object.keys(params).length }),
    };
    expect((await chooseSkill(worse, { skills, examples })).weights).toEqual({});
    const equal: SkillScorer = { score: async () => ({ logprob: -1 }) };
    expect((await chooseSkill(equal, { skills, examples })).weights).toEqual({});
  });

  it('refuses to choose by nothing', async () => {
    const { scorer } = bowl();
    await expect(chooseSkill(scorer, { skills, examples: [] })).rejects.toThrow('no examples');
  });
});

describe('searchMixture', () => {
  it('finds the best mixture, the same for a seed, in as many passes as it says', async () => {
    const { scorer, calls } = bowl();
    const found = await searchMixture(scorer, { skills, examples, seed: 3 });
    expect(found.weights['maths']).toBeCloseTo(0.9, 1);
    expect(found.weights['code']).toBeCloseTo(0.3, 1);
    expect(found.passes).toBe(calls());
    expect(found.passes).toBe(8 * 32 * 3);
    const again = await searchMixture(bowl().scorer, { skills, examples, seed: 3 });
    expect(again.weights).toEqual(found.weights);
    const other = await searchMixture(bowl().scorer, { skills, examples, seed: 4 });
    expect(other.weights).not.toEqual(found.weights);
  });
});
