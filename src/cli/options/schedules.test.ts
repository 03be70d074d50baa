import { Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';

import { describeFailure } from '../failure.ts';
import { addFlags, optionsOf } from './option-flags.ts';

/** What the flags of a command line come to. */
function parse(...args: string[]) {
  const command = addFlags(new Command(), 'schedules').exitOverride();
  command.configureOutput({ writeErr: () => {} });
  return optionsOf(command.parse(args, { from: 'user' }).opts(), ['schedules']);
}

function failureOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof CommanderError ? error.message : describeFailure(error);
  }
  return 'nothing is wrong';
}

describe('flags of schedules', () => {
  it.each<[string[], unknown]>([
    [[], {}],
    [['--schedule', 'alpha=match:kl'], { schedules: { alpha: { match: 'kl' } } }],
    [['--schedule', 'alpha=junctions'], { schedules: { alpha: { junctions: true } } }],
    [
      ['--schedule', 'a=junctions:0.5,match:kl', '--schedule', 'b=none'],
      { schedules: { a: { match: 'kl', junctions: 0.5 }, b: null } },
    ],
    [['--no-schedule'], { schedules: null }],
  ])('of %j are %j', (args, expected) => {
    expect(parse(...args)).toEqual(expected);
  });

  it.each<[string, string]>([
    ['alpha', 'It must be written PARAM=match:kl'],
    ['alpha=', 'It must be written PARAM=match:kl'],
    ['alpha=match', '--schedule: schedules.alpha says neither match nor junctions'],
    ['alpha=match:k', '--schedule: schedules.alpha.match must be kl, not "k"'],
    ['alpha=junction:1', 'Did you mean `junctions`?'],
    ['alpha=junctions:a', 'It must be a number'],
    ['alpha=junctions:-1', 'schedules.alpha.junctions must be a number of at least 0, not -1'],
  ])('refuse %s', (value, message) => {
    expect(failureOf(() => parse('--schedule', value))).toContain(message);
  });
});
