// What an experiment may be told: a table, from which its help and the types of its values come.
import { Command, InvalidArgumentError, Option } from 'commander';

export interface Flag<Value> {
  readonly about: string;
  /** As help calls the value; `null` of a switch. */
  readonly argument: string | null;
  readonly initial: Value;
  readonly parse: (text: string) => Value;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;

export type FlagValues<Given extends Flags> = {
  readonly [Name in keyof Given]: Given[Name] extends Flag<infer Value> ? Value : never;
};

export function onOff(about: string): Flag<boolean> {
  return { about, argument: null, initial: false, parse: () => true };
}

/** A number of at least 0. */
export function number(about: string): Flag<number | undefined>;
export function number(about: string, initial: number): Flag<number>;
export function number(about: string, initial?: number): Flag<number | undefined> {
  const parse = (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value) && value >= 0) return value;
    throw new InvalidArgumentError('It is a number of at least 0.');
  };
  return { about, argument: 'N', initial, parse };
}

export function text(argument: string, about: string): Flag<string | undefined>;
export function text(argument: string, about: string, initial: string): Flag<string>;
export function text(argument: string, about: string, initial?: string): Flag<string | undefined> {
  return { about, argument, initial, parse: (given) => given };
}

/** Reads flags, or prints help and ends the process; it also ends for a flag that there is not. */
export function readFlags<Given extends Flags>(
  command: Command,
  flags: Given,
  args: readonly string[],
): FlagValues<Given> {
  const called = new Map<string, string>(); // by the flag's name, commander's own
  for (const [name, { about, argument, initial, parse }] of Object.entries(flags)) {
    const option = new Option(`--${name}${argument === null ? '' : ` <${argument}>`}`, about);
    if (argument !== null) option.argParser(parse);
    if (initial !== false) option.default(initial);
    command.addOption(option);
    called.set(name, option.attributeName());
  }
  command.parse(args, { from: 'user' });
  const given = command.opts<Record<string, unknown>>();
  return Object.fromEntries(
    Object.entries(flags).map(([name, { initial }]) => [name, given[called.get(name)!] ?? initial]),
  ) as FlagValues<Given>;
}
