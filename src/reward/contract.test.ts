import { bytesOf, byteVocabulary, endToken } from '../../test/support/byte-vocabulary.ts';
import { describeReward } from '../../test/support/reward-contract.ts';
import type { Reward } from '../spec/index.ts';
import { functionReward } from './function-reward.ts';
import { guardedReward } from './guarded-reward.ts';
import { lengthReward } from './length-reward.ts';
import { patternsReward } from './patterns-reward.ts';
import { readabilityReward } from './readability-reward.ts';
import { wordsReward } from './words-reward.ts';

const texts = ['good', ' good', ' morning', 'Ä', '. ', '北京', ' 3.14', " can't", '\n', 'good. '];
const phrases = [
  ...texts.map(bytesOf),
  [258],
  [0xe2],
  [0x82, 0xac],
  [...bytesOf(' the end of it'), endToken],
];

const words = wordsReward({
  name: 'words',
  words: new Map([
    ['good', 1],
    ['good morning', -2.5],
    ['can', 3],
  ]),
});
const length = lengthReward({ name: 'length', target: 3, unit: 'words' });
const asynchronous = functionReward({
  name: 'asynchronous',
  score: async (given, { isWhole }) => given.map((text, i) => text.length / (isWhole[i] ? 3 : 1)),
});

const rewards: readonly Reward[] = [
  words,
  patternsReward({
    name: 'patterns',
    patterns: new Map([
      ['(?i)g[a-z]+', 0.5],
      ['\\.$', 1],
    ]),
  }),
  length,
  lengthReward({ name: 'length in tokens', target: 3, unit: 'tokens' }),
  readabilityReward({ name: 'readability', grade: 6 }),
  functionReward({ name: 'synchronous', score: (given) => given.map((text) => text.length) }),
  asynchronous,
  guardedReward(words, { timeoutMs: 10_000 }),
  guardedReward(asynchronous, { timeoutMs: 10_000 }),
];

for (const [i, reward] of rewards.entries()) {
  describeReward(`${i} ${reward.name}`, {
    create: () => reward,
    answer: { messages: [], vocabulary: byteVocabulary([' gooder']) },
    phrases,
    answers: 20,
  });
}
