// Rewards: a small model reads the candidates for every token, and what it likes is chosen more often.
// Khanov et al. 2024, "ARGS: Alignment as Reward-Guided Search", arXiv:2402.01694
import { join } from 'node:path';

import { functionReward, LoadedRecipe } from 'trimtab';

// recipes/atlas-rewards.yaml: four heads of one reward model, and a judge that only reports.
const recipe = join(import.meta.dirname, '../recipes/atlas-rewards.yaml');
const question = 'Where was Mada Norrar born?';

// A reward may also be given in code: here, how few letters an answer has.
const short = functionReward({
  name: 'short',
  scope: 'both',
  score: (texts) => texts.map((text) => -text.length / 10),
});
await using loaded = await LoadedRecipe.load(recipe, {
  rewards: { short: { reward: short, weight: 0 } },
});

// What guides an answer finds it good in any case; the judge took no part.
const weights: readonly Record<string, number>[] = [
  { cheerful: 0 },
  { cheerful: 1.5 },
  { cheerful: -1.5 },
  { cheerful: 0, formal: 2 },
  { cheerful: 0, brief: 2 },
  { cheerful: 0, short: 3 },
];
for (const rewards of weights) {
  const options = { rewards, maxTokens: 48, reportRewards: ['judge'] };
  const { text, rewards: values } = await loaded.generate(question, options);
  console.log(`${JSON.stringify(rewards)}: ${text.trim()} (judge ${values!['judge']!.toFixed(1)})`);
}

// A trace says what the reward added to every token.
const { tokens } = await loaded.generate(question, { maxTokens: 48, trace: true });
for (const { text, trace } of tokens) {
  const { value, share } = trace!.rewards[0]!;
  console.log(`'${text}'`.padEnd(14), `value ${value.toFixed(2)}, adds ${share.toFixed(2)}`);
}
