import { readFileSync } from 'node:fs';
import path from 'node:path';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';

import { addFlagsOf, optionsOf } from '../cli/options/option-flags.ts';
import { describeFailure } from '../cli/failure.ts';
import { parseRecipe } from '../recipe/index.ts';
import { samplingDefaults } from '../sampling/index.ts';
import { chatBody, toChatOptions } from '../server/wire/chat-body.ts';
import { toInvalidOption } from '../server/wire/validation.ts';
import { toOpenAiMessage } from '../server/wire/option-names.ts';
import { defaultLimits } from '../server/index.ts';
import { InvalidOptionError, type NumberRange, type OptionRow } from '../spec/index.ts';
import {
  checkOption,
  checkOptions,
  kindSchema,
  optionNames,
  optionRows,
  wirePath,
  type OptionName,
} from './index.ts';

const rows = optionNames.map((name): [OptionName, OptionRow] => [name, optionRows[name]]);

/** A range of the table, and how the option says a number of it. */
interface RangeCase {
  readonly option: OptionName;
  /** Where the number stands in the option: nowhere, or under these keys. */
  readonly keys: readonly string[];
  readonly beside: object;
  readonly range: NumberRange;
}

const ranges = rows.flatMap(([option, { kind }]): RangeCase[] => {
  if (kind.is === 'number') return [{ option, keys: [], beside: {}, range: kind.range }];
  if (kind.is === 'numbers') {
    const key = kind.by === 'name' ? 'some' : '7';
    return [{ option, keys: [key], beside: {}, range: kind.range }];
  }
  if (kind.is === 'fields') {
    return Object.entries(kind.fields).map(([field, { range }]) => ({
      option,
      keys: [field],
      beside: {},
      range,
    }));
  }
  if (kind.is === 'schedules') {
    const { range } = kind.junctions;
    return [{ option, keys: ['some', 'junctions'], beside: { match: 'kl' }, range }];
  }
  if (kind.is !== 'method') return [];
  return Object.entries(kind.methods).flatMap(([method, fields]) =>
    Object.entries(fields).map(([field, { range }]) => ({
      option,
      keys: [field],
      beside: { method },
      range,
    })),
  );
});

/** The least step beyond a bound. */
const step = ({ isInteger }: NumberRange, bound: number) =>
  isInteger === true ? 1 : Math.max(Math.abs(bound) * 1e-9, 1e-12);

function numbersOf(range: NumberRange): { inside: number[]; beyond: number[] } {
  const { from, to, isAbove } = range;
  const below = from - step(range, from);
  return {
    inside: [
      ...(Number.isFinite(from) ? [isAbove ? from + step(range, from) : from] : [-1e300]),
      ...(Number.isFinite(to) ? [to] : [1e300]),
      ...(range.also === undefined ? [] : [range.also]),
    ],
    beyond: [
      ...(Number.isFinite(from) ? [isAbove ? from : below] : []),
      ...(Number.isFinite(to) ? [to + step(range, to)] : []),
      Number.NaN,
      ...(range.isInteger ? [Math.max(from, 0) + 0.5] : []),
    ].filter((number) => !Object.is(number, range.also)),
  };
}

const valueAt = ({ keys: [first, second], beside }: RangeCase, number: number): unknown => {
  if (first === undefined) return number;
  return second === undefined
    ? { ...beside, [first]: number }
    : { [first]: { ...beside, [second]: number } };
};

/** What an act is refused with. */
function refusalOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    return error.message;
  }
  return undefined;
}

const chatShape = chatBody({ ...defaultLimits, topLogprobs: 1000 });

/** The options of a chat's body. @throws InvalidOptionError as the server does. */
function ofBody(members: object): object {
  const body = { messages: [{ role: 'user', content: 'a' }], ...members };
  const parsed = chatShape.safeParse(body);
  if (!parsed.success) throw toInvalidOption(parsed.error);
  return toChatOptions(parsed.data, undefined);
}

/** What a body says an option with. */
function membersOf(option: OptionName, value: unknown): object {
  const [first, second] = wirePath(option)!.split('.');
  const member = { [first!]: second === undefined ? value : { [second]: value } };
  return option === 'topLogprobs' ? { ...member, logprobs: true } : member;
}

describe.each(ranges)('$option $keys $beside', (given) => {
  const { option, range } = given;
  const { inside, beyond } = numbersOf(range);
  const { wire } = optionRows[option];
  const least = wire?.bounds?.from ?? -Infinity;

  it('takes its bounds, wherever it is said', () => {
    const values = inside.map((number) => valueAt(given, number));
    for (const value of values) checkOption(option, value);
    const said = inside.filter((number) => wire !== null && number >= least);
    expect(said.map((number) => ofBody(membersOf(option, valueAt(given, number))))).toMatchObject(
      said.map((number) => ({ [option]: valueAt(given, number) })),
    );
  });

  it.each(beyond)('refuses %d, beyond them, with its name, its value and its range', (number) => {
    const value = valueAt(given, number);
    const message = refusalOf(() => checkOption(option, value))!;
    expect(message).toMatch(`${[option, ...given.keys].join('.')} must be `);
    expect(message).toContain(`not ${number}.`);
    const shown = [range.from, range.to].filter((bound) => Math.abs(bound) < 2 ** 53 - 1);
    expect(shown.filter((bound) => !message.includes(String(bound)))).toEqual([]);
    const isSaid = wire !== null && wire.bounds === undefined && number !== wire.zero;
    expect(isSaid ? refusalOf(() => ofBody(membersOf(option, value))) : 'not said').toBe(
      isSaid ? toOpenAiMessage(option, message) : 'not said',
    );
  });
});

/** How a command line writes a number of each flag. */
const flagged = ranges.flatMap((given) =>
  optionRows[given.option].flags
    .filter(({ field }) => field === undefined || field === given.keys[0])
    .filter(({ flags }) => !flags.startsWith('--no-'))
    .map(({ flags, field }) => ({ ...given, flag: flags.split(' ')[0]!, field })),
);

describe.each(flagged)('$flag of $option $keys $beside', ({ flag, field, ...given }) => {
  const { option, keys, beside, range } = given;
  const argument = (number: number) => {
    if (keys[0] === undefined || field !== undefined) return String(number);
    if (keys[1] !== undefined) return `${keys[0]}=match:kl,${keys[1]}:${number}`;
    const pair = `${keys[0]}=${number}`;
    return 'method' in beside ? `${String(beside.method)}:${pair}` : pair;
  };
  const parse = (number: number) => {
    const command = addFlagsOf(new Command(), option).exitOverride();
    const parsed = command.parse([`${flag}=${argument(number)}`], { from: 'user' });
    return optionsOf(
      parsed.opts(),
      optionRows[option].flags.map(({ group }) => group),
    );
  };

  it('takes the bounds and refuses what is beyond, in the words of the library', () => {
    const { inside, beyond } = numbersOf(range);
    for (const number of inside) {
      expect(parse(number)).toEqual({ [option]: valueAt(given, number) });
    }
    for (const number of beyond.filter(Number.isFinite)) {
      let failure = '';
      try {
        parse(number);
      } catch (error) {
        failure = describeFailure(error);
      }
      expect(failure).toBe(
        `${flag}: ${refusalOf(() => checkOption(option, valueAt(given, number)))}`,
      );
    }
  });
});

describe('a default', () => {
  const defaulted = rows.filter(([, row]) => row.default !== undefined);

  it.each(defaulted)(
    'of %s is a value of it, and of its schema',
    (name, { default: value, kind }) => {
      checkOption(name, value);
      expect(new Ajv2020({ strict: false }).validate(kindSchema(kind), value)).toBe(true);
    },
  );

  it.each(defaulted.filter(([, { wire }]) => wire !== null))(
    'of %s can be said in a body',
    (name, { default: value }) => {
      expect(ofBody(membersOf(name, value))).toMatchObject({ [name]: value });
    },
  );

  it.each(Object.entries(samplingDefaults))('of %s can be said in a recipe', (name, value) => {
    const recipe = { models: { a: 'a.gguf' }, base: 'a', sampling: { [name]: value } };
    const { sampling } = parseRecipe(JSON.stringify(recipe), { directory: '/' });
    expect(sampling).toEqual({ [name]: value });
  });
});

/** A value that an option takes. */
const examples: Readonly<Partial<Record<OptionRow['kind']['is'], unknown>>> = {
  number: 1,
  boolean: true,
  text: 'a',
  texts: ['a'],
  names: ['a'],
  numbers: { 7: 1 },
  constraint: { regex: 'a' },
  schedules: { a: { junctions: true } },
  prepared: { state: 'a', drafts: [[1]] },
};

const example = (name: OptionName): unknown => {
  const { kind } = optionRows[name];
  if (kind.is === 'fields') return { [Object.keys(kind.fields)[0]!]: 1 };
  if (kind.is === 'choice') return kind.of[0];
  if (kind.is === 'method') return { method: Object.keys(kind.methods)[0] };
  return kind.is === 'signal' ? new AbortController().signal : examples[kind.is];
};

describe.each(rows)('%s', (name, row) => {
  it.each(['generate', 'score'] as const)(
    'is read by those who %s, or refused by name',
    (reader) => {
      const check = () => checkOptions({ [name]: example(name) }, reader);
      expect(refusalOf(check) ?? 'read').toContain(
        row.readers.includes(reader) ? 'read' : `The option ${name} does nothing here`,
      );
    },
  );

  it('has a schema that takes its value', () => {
    const ajv = new Ajv2020({ strict: false });
    expect(ajv.validate(kindSchema(row.kind), example(name))).toBe(true);
  });

  it('refuses what is no value of it', () => {
    for (const value of [Number.NaN, null, () => 0]) {
      if (value === null && row.isNullable === true) continue;
      expect(refusalOf(() => checkOption(name, value))).toMatch(name);
    }
  });
});

it('names the option that was probably meant', () => {
  expect(refusalOf(() => checkOptions({ temprature: 1 }, 'generate'))).toBe(
    'There is no option "temprature". Did you mean `temperature`?',
  );
});

it('says each name in bodies, and each flag, once', () => {
  const paths = optionNames.map(wirePath).filter((name) => name !== undefined);
  const flags = rows.flatMap(([, row]) => row.flags.map((flag) => flag.flags.split(' ')[0]!));
  expect(new Set(paths).size).toBe(paths.length);
  expect(new Set(flags).size).toBe(flags.length);
});

describe('pages', () => {
  const read = (page: string) =>
    readFileSync(path.resolve(import.meta.dirname, '../../docs', page), 'utf8');

  /** A table's row, its name first. */
  const rowOf = (page: string, name: string) =>
    read(page)
      .split('\n')
      .find((line) => line.startsWith(`| \`${name}\``) || line.startsWith(`- \`${name}\``)) ?? '';

  /** A number as pages write it. */
  const shown = (number: number) => {
    const size = Math.abs(number);
    if (size === Number.MAX_SAFE_INTEGER) return '2^53 − 1';
    return `${number < 0 ? '−' : ''}${size < 1 ? size : size.toLocaleString('en')}`;
  };

  it.each(rows.filter(([, { wire }]) => wire !== null))('docs/server.md has %s', (name, row) => {
    const text = rowOf('server.md', row.wire!.name);
    expect(text).not.toBe('');
    const { from, to, also }: NumberRange =
      row.kind.is === 'number'
        ? row.kind.range
        : { from: Number.MAX_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER };
    const limit = name === 'topLogprobs' ? defaultLimits.topLogprobs : to;
    const bounds = [from, limit, also].filter((bound) => bound !== undefined);
    const finite = bounds.filter((bound) => bound !== Number.MAX_SAFE_INTEGER);
    expect(finite.filter((bound) => !text.includes(shown(bound)))).toEqual([]);
  });

  it.each(Object.entries(samplingDefaults).filter(([name]) => name !== 'logitBias'))(
    'docs/recipes.md has %s, its range and its default, %s',
    (name, value) => {
      const text = rowOf('recipes.md', name);
      const { range } = optionRows[name as OptionName].kind as { range: NumberRange };
      const [, , said, limits] = text.split('|').map((cell) => cell.trim());
      expect(said).toBe(shown(Number(value)));
      for (const bound of [range.from, range.to]) expect(limits).toContain(shown(bound));
    },
  );
});
