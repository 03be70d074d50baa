import { didYouMean } from '../faults/index.ts';
import {
  InvalidOptionError,
  requestOptions,
  type OptionKind,
  type OptionReader,
  type OptionRow,
} from '../spec/index.ts';
import { requireMapping } from './mapping.ts';
import { requireNumber, show } from './number-range.ts';

/** The name of a request option, as the library says it. */
export type OptionName = keyof typeof requestOptions;

/** The table by name, for those who look at any row. */
export const optionRows: Readonly<Record<OptionName, OptionRow>> = requestOptions;

export const optionNames = Object.keys(requestOptions) as readonly OptionName[];

/**
 * What a request says: options that its reader honours, and values that each of them takes. What the recipe
 * knows, such as its params and the names of its rewards, is not looked at.
 * @throws InvalidOptionError naming the option, its value and its range. An option that nobody reads is
 *   refused, not ignored.
 */
export function checkOptions(options: object, reader: OptionReader): void {
  const known = optionNames.filter((name) => optionRows[name].readers.includes(reader));
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (!isOneOf(known, name)) throw unread(name, known, reader);
    checkOption(name, value);
  }
}

function isOneOf<Name extends string>(names: readonly Name[], name: string): name is Name {
  return (names as readonly string[]).includes(name);
}

function unread(given: string, known: readonly string[], reader: OptionReader): Error {
  const name = given.slice(0, 100);
  const remedy = didYouMean(name, known) || ` There are ${known.join(', ')}.`;
  return new InvalidOptionError(
    name,
    isOneOf(optionNames, name)
      ? `The option ${name} does nothing here: to ${reader} takes ${known.join(', ')}.`
      : `There is no option ${JSON.stringify(name)}.${remedy}`,
  );
}

/**
 * One option's value; absent is right.
 * @param at - What it is called in messages, and in the error: the option's own name by default.
 * @throws InvalidOptionError whose option is the place, e.g. `guidance.candidates`.
 */
export function checkOption(name: OptionName, value: unknown, at: string = name): void {
  const { kind, isNullable } = optionRows[name];
  if (value === undefined || (value === null && isNullable === true)) return;
  checkKind(kind, value, at);
}

/** A value of a kind, present. @throws InvalidOptionError as {@link checkOption} does. */
export function checkKind(kind: OptionKind, value: unknown, at: string): void {
  switch (kind.is) {
    case 'number':
      requireNumber(at, value, kind.range);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') throw refusal(at, 'true or false', value);
      return;
    case 'text':
      requireText(at, value, kind.longest);
      return;
    case 'choice':
      if (!kind.of.includes(value as string)) throw refusal(at, kind.of.join(' or '), value);
      return;
    case 'texts':
      checkTexts(kind, value, at);
      return;
    case 'names':
      checkNames(kind, value, at);
      return;
    case 'numbers':
      checkNumbers(kind, value, at);
      return;
    case 'fields':
      checkFields(kind, value, at);
      return;
    case 'method':
      checkMethod(kind, value, at);
      return;
    case 'schedules':
      checkSchedules(kind, value, at);
      return;
    case 'prepared':
      checkPrepared(kind, value, at);
      return;
    case 'constraint': // its shape is the compiler's to know, and its place the client's own
    case 'signal':
      if (typeof value !== 'object' || value === null) throw refusal(at, 'an object', value);
  }
}

type KindOf<Is extends OptionKind['is']> = Extract<OptionKind, { readonly is: Is }>;

function refusal(at: string, must: string, value: unknown): InvalidOptionError {
  return new InvalidOptionError(at, `${at} must be ${must}, not ${show(value)}.`);
}

function requireText(at: string, value: unknown, longest: number): asserts value is string {
  if (typeof value !== 'string') throw refusal(at, 'text', value);
  if (value.length <= longest) return;
  throw new InvalidOptionError(
    at,
    `${at} has ${value.length} characters: give at most ${longest}.`,
  );
}

function checkTexts({ most, longest }: KindOf<'texts'>, value: unknown, at: string): void {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  requireCount(at, texts.length, most, 'texts');
  for (const text of texts) {
    requireText(at, text, longest);
    if (text === '') throw refusal(at, 'text of at least one character', text);
    if (/\p{Surrogate}/u.test(text)) {
      throw new InvalidOptionError(
        at,
        `${at} has half of a surrogate pair: it can never occur in text.`,
      );
    }
  }
}

function checkNames({ most, longest }: KindOf<'names'>, value: unknown, at: string): void {
  if (!Array.isArray(value)) throw refusal(at, 'a list of names', value);
  requireCount(at, value.length, most, 'names');
  for (const name of value as unknown[]) requireText(at, name, longest);
}

function requireCount(at: string, count: number, most: number, what: string): void {
  if (count <= most) return;
  throw new InvalidOptionError(at, `${at} has ${count} ${what}: give at most ${most}.`);
}

/** Every name is looked at, `__proto__` too. */
function checkNumbers(kind: KindOf<'numbers'>, value: unknown, at: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal(at, `an object of numbers by ${kind.by}`, value);
  }
  const entries = Object.entries(value) as [string, unknown][];
  if (kind.by === 'token id' && entries.length > kind.most) {
    throw new InvalidOptionError(
      at,
      `${at} may name at most ${kind.most} tokens, not ${entries.length}: ` +
        'a constraint can allow or ban any number.',
    );
  }
  for (const [key, number] of entries) {
    requireKey(kind, key, at);
    requireNumber(`${at}.${key}`, number, kind.range);
  }
}

const stateName = /^[A-Za-z0-9][\w.-]{0,99}$/;

/** What ids the vocabulary has is not looked at. */
function checkPrepared({ mostTokens }: KindOf<'prepared'>, value: unknown, at: string): void {
  const { state, saves, drafts = [] } = requireMapping(at, value, ['state', 'saves', 'drafts']);
  if (state !== undefined && !(typeof state === 'string' && stateName.test(state))) {
    throw refusal(`${at}.state`, '1 to 100 letters, digits, `.`, `_` and `-`', state);
  }
  if (saves !== undefined && typeof saves !== 'boolean') {
    throw refusal(`${at}.saves`, 'true or false', saves);
  }
  if (!Array.isArray(drafts)) throw refusal(`${at}.drafts`, 'a list of lists of token ids', drafts);
  let tokens = 0;
  for (const [i, draft] of (drafts as unknown[]).entries()) {
    if (!Array.isArray(draft)) throw refusal(`${at}.drafts[${i}]`, 'a list of token ids', draft);
    tokens += 1 + draft.length;
  }
  requireCount(`${at}.drafts`, tokens, mostTokens, 'tokens');
}

/** `null` of a param is no schedule of it. */
function checkSchedules(kind: KindOf<'schedules'>, value: unknown, at: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal(at, 'an object of schedules by param', value);
  }
  for (const [param, schedule] of Object.entries(value) as [string, unknown][]) {
    const place = `${at}.${param.slice(0, 100)}`;
    if (param.length > kind.longest) {
      throw new InvalidOptionError(place, `${place} is longer than any name.`);
    }
    if (schedule !== null) checkSchedule(kind, schedule, place);
  }
}

/** What one param is chosen by. @throws InvalidOptionError as {@link checkOption} does. */
export function checkSchedule(
  { match, junctions: { range } }: Pick<KindOf<'schedules'>, 'match' | 'junctions'>,
  value: unknown,
  at: string,
): void {
  const given = requireMapping(at, value, ['match', 'junctions']);
  if (given['match'] !== undefined && !match.includes(given['match'] as string)) {
    throw refusal(`${at}.match`, match.join(' or '), given['match']);
  }
  const { junctions } = given;
  if (junctions !== undefined && junctions !== true) {
    requireNumber(`${at}.junctions`, junctions, range);
  }
  if (given['match'] !== undefined || junctions !== undefined) return;
  throw new InvalidOptionError(at, `${at} says neither match nor junctions: give one or both.`);
}

function requireKey(kind: KindOf<'numbers'>, key: string, at: string): void {
  const place = `${at}.${key.slice(0, 100)}`;
  if (kind.by === 'name') {
    if (key.length <= kind.longest) return;
    throw new InvalidOptionError(place, `${place} is longer than any name.`);
  }
  if (/^\d{1,10}$/.test(key)) return;
  const shown = key.slice(0, 100);
  throw new InvalidOptionError(place, `${at} is keyed by token id, which "${shown}" is not.`);
}

function checkFields({ fields }: KindOf<'fields'>, value: unknown, at: string): void {
  const names = Object.keys(fields);
  const given = Object.entries(requireMapping(at, value, names)).filter(
    ([, number]) => number !== undefined,
  );
  for (const [name, number] of given) requireNumber(`${at}.${name}`, number, fields[name]!.range);
  if (given.length > 0) return;
  throw new InvalidOptionError(at, `${at} says neither ${names.join(' nor ')}: give one or more.`);
}

/** The numbers of the method that an option names. */
function checkMethod({ methods }: KindOf<'method'>, value: unknown, at: string): void {
  const names = Object.keys(methods);
  const every = new Set(Object.values(methods).flatMap((fields) => Object.keys(fields)));
  const { method } = requireMapping(at, value, ['method', ...every]);
  const fields = names.includes(String(method)) ? methods[String(method)] : undefined;
  if (fields === undefined) {
    throw new InvalidOptionError(
      `${at}.method`,
      `${at}.method must be ${names.join(', ')}, not ${show(method)}.` +
        didYouMean(String(method).slice(0, 100), names),
    );
  }
  const { method: _, ...numbers } = requireMapping(at, value, ['method', ...Object.keys(fields)]);
  for (const [name, number] of Object.entries(numbers)) {
    if (number !== undefined) requireNumber(`${at}.${name}`, number, fields[name]!.range);
  }
}
