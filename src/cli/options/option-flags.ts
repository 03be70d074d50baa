import { InvalidArgumentError, Option, type Command } from 'commander';

import type { GenerateOptions } from '../../index.ts';
import { checkOption, optionRows, type OptionName } from '../../options/index.ts';
import { samplingOptions, type FlagGroup, type OptionFlag } from '../../spec/index.ts';
import { UsageError } from '../failure.ts';
import { attributeOf, flagName, flagOptions, isLifting } from './flag-names.ts';
import { collectSchedules } from './schedules.ts';
import { collectNumbers, collectTexts, parseNumber } from './values.ts';

/** Flags as commander parses them: by `topK` of `--top-k`, `false` for `--no-…`. */
export type ParsedFlags = Readonly<Record<string, unknown>>;

/** What a command says of an option's flag in its own way. */
export interface FlagNotes {
  /** Behind the description. */
  readonly note?: string;
  readonly default?: number;
}

/** Adds the flags of a group, in the order of the table. */
export function addFlags(
  command: Command,
  group: FlagGroup,
  notes: Readonly<Partial<Record<OptionName, FlagNotes>>> = {},
): Command {
  for (const { option, flag } of flagOptions) {
    if (flag.group === group) command.addOption(toOption(option, flag, notes[option]));
  }
  return command;
}

/** Adds the flags of one option. */
export function addFlagsOf(command: Command, option: OptionName): Command {
  for (const flag of optionRows[option].flags) command.addOption(toOption(option, flag));
  return command;
}

function toOption(option: OptionName, flag: OptionFlag, notes: FlagNotes = {}): Option {
  const parts = [describeFlag(option, flag)];
  if (isRepeatable(option, flag)) parts.push('; may be given again');
  const { default: value } = optionRows[option];
  if (option in samplingOptions && typeof value === 'number') parts.push(` (${value})`);
  if (notes.note !== undefined) parts.push(` (${notes.note})`);
  const made = new Option(flag.flags, parts.join(''));
  const parse = parserOf(option, flag);
  if (parse !== undefined) made.argParser(parse);
  return notes.default === undefined ? made : made.default(notes.default);
}

/** A sentence as a flag says it: `Keep the best.` -> `keep the best`. */
export function describeFlag(option: OptionName, { description }: OptionFlag): string {
  if (description !== undefined) return description;
  const sentence = optionRows[option].description.replace(/\.$/, '');
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function isRepeatable(option: OptionName, flag: OptionFlag): boolean {
  if (isLifting(flag)) return false;
  const { is } = optionRows[option].kind;
  const takesMany = /^(?:texts|names|numbers|schedules)$/.test(is);
  return flag.isRepeatable === true || (flag.field === undefined && takesMany);
}

type Parser = (text: string, before: unknown) => unknown;

function parserOf(option: OptionName, flag: OptionFlag): Parser | undefined {
  const { is } = optionRows[option].kind;
  if (isLifting(flag)) return undefined;
  if (is === 'number' || is === 'fields') return parseNumber;
  if (is === 'numbers') return flag.field === undefined ? (collectNumbers as Parser) : parseNumber;
  if (is === 'method') return parseMethod;
  if (is === 'schedules') return collectSchedules as Parser;
  return isRepeatable(option, flag) ? (collectTexts as Parser) : undefined;
}

/** `best-of:n=16` → `{ method: 'best-of', n: 16 }`, whose settings are not checked yet. */
function parseMethod(text: string): object {
  const [, method, settings] = /^([^:]+)(?::(.+))?$/.exec(text) ?? [];
  if (method === undefined) {
    throw new InvalidArgumentError('It must be written METHOD or METHOD:NAME=NUMBER,….');
  }
  const numbers = settings
    ?.split(',')
    .reduce<Record<string, number>>((all, setting) => collectNumbers(setting, all), {});
  return { method, ...numbers };
}

/**
 * The options of these groups among a command's flags.
 * @throws InvalidOptionError for a value out of its range: now, and not once for every answer. UsageError
 *   for flags that exclude each other.
 */
export function optionsOf(flags: ParsedFlags, groups: readonly FlagGroup[]): GenerateOptions {
  const given = flagOptions.filter(
    ({ flag }) => groups.includes(flag.group) && flags[attributeOf(flag)] !== undefined,
  );
  const options = [...new Set(given.map(({ option }) => option))].map((option) => {
    const own = given.filter((each) => each.option === option).map(({ flag }) => flag);
    return [option, valueOf(own, flags)] as const;
  });
  for (const [option, value] of options) checkOption(option, value);
  return Object.fromEntries(options);
}

function valueOf(given: readonly OptionFlag[], flags: ParsedFlags): unknown {
  const lifting = given.find((flag) => isLifting(flag) && flags[attributeOf(flag)] === false);
  const others = given.filter(
    (flag) => !isLifting(flag) && attributeOf(flag) !== (lifting && attributeOf(lifting)),
  );
  if (lifting !== undefined) {
    if (others[0] === undefined) return null;
    throw new UsageError(`${flagName(lifting)} and ${flagName(others[0])} exclude each other.`);
  }
  const [first] = others;
  if (others.length === 1 && first!.field === undefined) return flags[attributeOf(first!)];
  const parts = others.map((flag) => {
    const value = flags[attributeOf(flag)];
    return flag.field === undefined ? (value as object) : { [flag.field]: value };
  });
  return Object.assign({}, ...parts) as unknown;
}
