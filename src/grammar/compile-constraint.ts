import { createHash } from 'node:crypto';

import {
  ConstraintError,
  type Constraint,
  type ConstraintKind,
  type JsonSchema,
} from '../spec/index.ts';
import { totalByteLengthOf, type Automaton } from './automaton.ts';
import { BoundedCache } from './bounded-cache.ts';
import { parseChoice } from './choice.ts';
import { compileGrammar } from './compile-grammar.ts';
import { parseGbnf } from './gbnf.ts';
import type { Grammar } from './grammar.ts';
import { compileJsonSchema } from './json-schema/index.ts';
import { constraintLimits } from './limits.ts';
import { parseRegex } from './regex.ts';
import { parseStructuralTag } from './structural-tag.ts';

/** A constraint ready for any number of answers over any vocabularies. */
export interface CompiledConstraint {
  readonly automaton: Automaton;
  /**
   * Places of a JSON schema, as `$ref` spells them, whose keyword or format asks nothing though it may have been meant
   * to: the standard does not know it.
   */
  readonly ignored: readonly string[];
}

/** Places that a warning names. */
const mostNamed = 5;

/** What is to be said of a constraint that was compiled. */
export function ignoredWarnings({ ignored }: Pick<CompiledConstraint, 'ignored'>): string[] {
  if (ignored.length === 0) return [];
  const more = ignored.length - mostNamed;
  const named = ignored.slice(0, mostNamed).join(', ');
  return [
    `The schema has keywords or formats that ask nothing, as JSON Schema does not know them: ${named}` +
      `${more > 0 ? ` and ${more} more` : ''}. With strict: true they are refused.`,
  ];
}

/** A constraint as text, and the name that it is remembered by. */
export interface WrittenConstraint {
  readonly json: string;
  readonly hash: string;
}

/** Compiling is pure: what was compiled lately is remembered by its content, for all who ask. */
const compiled = new BoundedCache<string, CompiledConstraint>(
  constraintLimits.compiledBytes,
  ({ automaton }) => totalByteLengthOf(automaton),
);

/**
 * Reads and compiles a constraint; one that was compiled lately is not compiled again. It takes
 * seconds at worst: {@link ConstraintCompiler} does it beside the thread that asks.
 * @param constraint - Checked: it may come from JSON.
 * @throws ConstraintError if it is no constraint, does not parse, asks for what is not supported, is
 *   too large, or is such that no text satisfies it.
 */
export function compileConstraint(constraint: Constraint): CompiledConstraint {
  const written = writeConstraint(constraint);
  return findCompiled(written) ?? keepCompiled(written, compileWritten(written.json));
}

/** @throws ConstraintError if it cannot be written as JSON, or is too long. */
export function writeConstraint(constraint: Constraint): WrittenConstraint {
  let json: string | undefined;
  try {
    json = JSON.stringify(constraint);
  } catch (cause) {
    throw new ConstraintError('', 'The constraint cannot be written as JSON.', { cause });
  }
  if (json !== undefined && json.length <= constraintLimits.jsonLength) {
    return { json, hash: createHash('sha256').update(json).digest('base64') };
  }
  throw new ConstraintError(
    '',
    json === undefined
      ? 'The constraint is not a JSON object.'
      : `The constraint has ${json.length} characters as JSON; at most ${constraintLimits.jsonLength} are allowed.`,
  );
}

export function findCompiled({ hash }: WrittenConstraint): CompiledConstraint | undefined {
  return compiled.get(hash);
}

export function keepCompiled(
  { hash }: WrittenConstraint,
  constraint: CompiledConstraint,
): CompiledConstraint {
  return compiled.set(hash, constraint);
}

/** What the compiled constraints that are remembered take in memory. */
export function compiledBytes(): number {
  return compiled.weight;
}

/** @throws ConstraintError */
export function compileWritten(json: string): CompiledConstraint {
  // From the text, so that what JSON does not tell apart is not compiled apart.
  const grammar = parseConstraint(JSON.parse(json));
  return { automaton: compileGrammar(grammar), ignored: grammar.ignored ?? [] };
}

const parsers: Readonly<Record<ConstraintKind, (value: unknown, isStrict: boolean) => Grammar>> = {
  jsonSchema: (value, isStrict) => compileJsonSchema(value as JsonSchema, { isStrict }),
  regex: (value) => ({
    root: 'root',
    rules: new Map([['root', parseRegex(toText(value, 'regex'), { mode: 'whole' })]]),
  }),
  grammar: (value) => parseGbnf(toText(value, 'grammar')),
  choice: (value) => parseChoice(toTexts(value)),
  structuralTag: parseStructuralTag,
};

function parseConstraint(constraint: unknown): Grammar {
  const known = Object.keys(parsers).join(', ');
  if (typeof constraint !== 'object' || constraint === null || Array.isArray(constraint)) {
    throw new ConstraintError('', `A constraint is an object with one of ${known}.`);
  }
  const { strict, ...kinds } = constraint as { readonly strict?: unknown };
  const entries = Object.entries(kinds);
  const [key, value] = entries[0] ?? [];
  if (entries.length !== 1 || key === undefined || !Object.hasOwn(parsers, key)) {
    const given = entries.length === 0 ? 'nothing' : entries.map(([name]) => name).join(', ');
    throw new ConstraintError(
      '',
      `A constraint has exactly one of ${known}; this one has ${given}.`,
    );
  }
  if (strict !== undefined && (key !== 'jsonSchema' || typeof strict !== 'boolean')) {
    throw new ConstraintError('', 'strict is true or false, and belongs to a jsonSchema.');
  }
  return parsers[key as ConstraintKind](value, strict === true);
}

function toText(value: unknown, key: string): string {
  if (typeof value === 'string') return value;
  throw new ConstraintError('', `A constraint's ${key} is a string, not ${describe(value)}.`);
}

function toTexts(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value;
  throw new ConstraintError(
    '',
    `A constraint's choice is a list of strings, not ${describe(value)}.`,
  );
}

function describe(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
