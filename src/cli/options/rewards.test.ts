import { Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';

import { describeFailure } from '../failure.ts';
import { addRewardOptions, rewardsOf } from './rewards.ts';

/** What the flags of a command line come to. */
function parse(...args: string[]) {
  const command = addRewardOptions(new Command()).exitOverride();
  command.configureOutput({ writeErr: () => {} });
  return rewardsOf(command.parse(args, { from: 'user' }).opts());
}

describe('rewardsOf', () => {
  it.each<[string[], unknown]>([
    [[], {}],
    [['--reward', 'a=2', '--reward', 'b=0'], { rewards: { a: 2, b: 0 } }],
    [['--reward-weight', '0'], { params: { rewardWeight: 0 } }],
    [['--report', 'a', '--report', 'b'], { reportRewards: ['a', 'b'] }],
    [['--guidance', 'best-of:n=16'], { guidance: { method: 'best-of', n: 16 } }],
    [['--guidance', 'rad'], { guidance: { method: 'rad', candidates: 10 } }],
    [
      ['--guidance', 'segments:entropy=2,beta=0.5'],
      {
        guidance: {
          method: 'segments',
          entropy: 2,
          threshold: 1,
          beta: 0.5,
          maxTokens: 32,
          maxTries: 8,
        },
      },
    ],
    [['--kl-budget', '0.5'], { klBudget: { perToken: 0.5 } }],
    [['--kl-budget-answer', '20'], { klBudget: { perAnswer: 20 } }],
    [
      ['--kl-budget', '0', '--kl-budget-answer', '20'],
      { klBudget: { perToken: 0, perAnswer: 20 } },
    ],
    [['--no-kl-budget'], { klBudget: null }],
  ])('of %j is %j', (args, expected) => {
    expect(parse(...args)).toEqual(expected);
  });

  it.each<[string[], string]>([
    [['--guidance', 'best'], '--guidance: guidance.method must be args, rad, segments, best-of'],
    [['--guidance', 'args:n=2'], '--guidance: guidance has no key `n`'],
    [['--guidance', 'best-of:n=100'], '--guidance: guidance.n must be an integer from 1 to 64'],
    [['--guidance', 'args:method=2'], '--guidance: guidance.method must be'],
    [['--guidance', 'args:'], 'It must be written METHOD or METHOD:NAME=NUMBER,….'],
    [['--guidance', 'args:candidates'], 'It must be written NAME=NUMBER.'],
    [['--kl-budget', '-1'], '--kl-budget: klBudget.perToken must be a number of at least 0'],
    [['--kl-budget-answer', '-1'], '--kl-budget-answer: klBudget.perAnswer must be a number of'],
    [['--no-kl-budget', '--kl-budget-answer', '2'], '--no-kl-budget and --kl-budget-answer'],
  ])('refuses %j', (args, message) => {
    expect(failureOf(() => parse(...args))).toContain(message);
  });
});

function failureOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof CommanderError ? error.message : describeFailure(error);
  }
  return 'none';
}
