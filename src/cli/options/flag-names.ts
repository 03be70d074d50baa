import { Option } from 'commander';

import { optionNames, optionRows, type OptionName } from '../../options/index.ts';
import type { OptionFlag } from '../../spec/index.ts';

/** A flag, and the option that it gives, or of which it gives a part. */
export interface FlagOption {
  readonly option: OptionName;
  readonly flag: OptionFlag;
}

/** Every flag of an option, in the order of the table. */
export const flagOptions: readonly FlagOption[] = optionNames.flatMap((option) =>
  optionRows[option].flags.map((flag) => ({ option, flag })),
);

/** Flags of what is no request option. */
const others: Readonly<Record<string, string>> = {
  allowModules: '--allow-modules',
  objective: '--objective',
  constraints: '--constraint',
  candidates: '--candidates',
  test: '--test',
  url: '--url',
  host: '--host',
  port: '--port',
  refinements: '--refine',
  samples: '--samples',
  k: '--k',
  dimension: '--dimensions',
  heldOutShare: '--held-out',
  'programs.python': '--allow-python',
};

/** The flag that sets an option of the library (`params.alpha` → `--param`), if one does. */
export function flagOf(option: string): string | undefined {
  const [name = ''] = option.split(/[.[]/);
  const found = flagAt(option)?.flag;
  return others[option] ?? others[name] ?? (found && flagName(found));
}

/** The flag that gives an option, or the part of it at a place: `klBudget.perAnswer` -> `--kl-budget-answer`. */
export function flagAt(place: string): FlagOption | undefined {
  const [option, field] = place.split(/[.[]/);
  const own = flagOptions.filter((each) => each.option === option && !isLifting(each.flag));
  return (
    own.find(({ flag }) => flag.field !== undefined && flag.field === field) ??
    own.find(({ flag }) => flag.field === undefined || attributeOf(flag) === option)
  );
}

/** `--top-k <n>` -> `--top-k`. */
export function flagName({ flags }: OptionFlag): string {
  return flags.split(' ')[0]!;
}

/** As commander calls it: `--top-k` and `--no-top-k` are both `topK`. */
export function attributeOf({ flags }: OptionFlag): string {
  return new Option(flags).attributeName();
}

/** Whether a flag says `null`. */
export function isLifting(flag: OptionFlag): boolean {
  return flag.flags.startsWith('--no-');
}
