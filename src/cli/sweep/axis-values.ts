import { InvalidArgumentError, Option } from 'commander';

import { flagAt, flagName } from '../options/flag-names.ts';
import { describeFlag } from '../options/option-flags.ts';
import { parseSchedule } from '../options/schedules.ts';
import { parseNumber, parseNumbers } from '../options/values.ts';
import { toSchedule } from '../../recipe/index.ts';
import type { ResolvedSchedule } from '../../spec/index.ts';

/**
 * A flag of several values of what another flag says one of: `params.rewardWeight` -> `--reward-weight <values>`.
 * @param note - Behind the other's description.
 */
export function axisOption(place: string, note = ''): Option {
  const { option, flag } = flagAt(place)!;
  return new Option(`${flagName(flag)} <values>`, `${describeFlag(option, flag)}${note}`);
}

/** `name=number,number,…`, for flags that may be given again. */
export function collectNumberLists(
  text: string,
  before: Readonly<Record<string, readonly number[]>> = {},
): Record<string, readonly number[]> {
  const [, name, values] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) {
    throw new InvalidArgumentError('It must be written NAME=NUMBER,NUMBER,….');
  }
  return { ...before, [name]: parseNumbers(values!) };
}

/** `0.5,1,none`: nats a token, `none` being no limit. */
export function parseBudgets(text: string): (number | null)[] {
  return text.split(',').map((value) => (value.trim() === 'none' ? null : parseNumber(value)));
}

/** Schedules by param: each time that the flag is given is one more value. */
export function collectScheduleLists(
  text: string,
  before: Readonly<Record<string, readonly (ResolvedSchedule | null)[]>> = {},
): Record<string, readonly (ResolvedSchedule | null)[]> {
  const [param, given] = parseSchedule(text);
  const schedule = given === null ? null : toSchedule(given, `schedules.${param}`);
  return { ...before, [param]: [...(before[param] ?? []), schedule] };
}
