import {
  ConstraintError,
  type Constraint,
  type ConstraintState,
  type JsonSchema,
  type Vocabulary,
} from '../spec/index.ts';
import type { Automaton } from './automaton.ts';
import { BoundedCache } from './bounded-cache.ts';
import { parseChoice } from './choice.ts';
import { compileGrammar } from './compile-grammar.ts';
import { TokenConstraintState, type VocabularyConstraint } from './constraint-state.ts';
import { parseGbnf } from './gbnf.ts';
import type { Grammar } from './grammar.ts';
import { compileJsonSchema } from './json-schema/index.ts';
import { limits } from './limits.ts';
import { Recogniser } from './recogniser.ts';
import { parseRegex } from './regex.ts';
import { shortestTexts } from './shortest.ts';
import { createTokenIndex, type TokenIndex } from './token-index.ts';
import { TokenMasks } from './token-masks.ts';

/** A constraint ready for any number of answers over any vocabularies. */
export interface CompiledConstraint {
  readonly automaton: Automaton;
}

/** Compiling is pure: what was compiled lately is remembered by its content. */
const compiled = new BoundedCache<string, CompiledConstraint>(
  limits.rememberedStates,
  ({ automaton }) => automaton.states.length,
);

/**
 * Reads and compiles a constraint; one that was compiled lately is not compiled again.
 * @param constraint - Checked: it may come from JSON.
 * @throws ConstraintError if it is no constraint, does not parse, asks for what is not supported, is
 *   too large, or is such that no text satisfies it.
 */
export function compileConstraint(constraint: Constraint): CompiledConstraint {
  const key = keyOf(constraint);
  // From the key, so that what JSON does not tell apart is not compiled apart.
  return compiled.get(key, () => ({ automaton: compileGrammar(parseConstraint(JSON.parse(key))) }));
}

function keyOf(constraint: Constraint): string {
  let key: string | undefined;
  try {
    key = JSON.stringify(constraint);
  } catch (cause) {
    throw new ConstraintError('', 'The constraint cannot be written as JSON.', { cause });
  }
  if (key !== undefined && key.length <= limits.keyLength) return key;
  throw new ConstraintError(
    '',
    key === undefined
      ? 'The constraint is not a JSON object.'
      : `The constraint has ${key.length} characters as JSON; at most ${limits.keyLength} are allowed.`,
  );
}

const parsers: Readonly<Record<string, (value: unknown) => Grammar>> = {
  jsonSchema: (value) => compileJsonSchema(value as JsonSchema),
  regex: (value) => ({
    root: 'root',
    rules: new Map([['root', parseRegex(toText(value, 'regex'), { mode: 'whole' })]]),
  }),
  grammar: (value) => parseGbnf(toText(value, 'grammar')),
  choice: (value) => parseChoice(toTexts(value)),
};

function parseConstraint(constraint: unknown): Grammar {
  const known = Object.keys(parsers).join(', ');
  if (typeof constraint !== 'object' || constraint === null || Array.isArray(constraint)) {
    throw new ConstraintError('', `A constraint is an object with one of ${known}.`);
  }
  const entries = Object.entries(constraint);
  const [key, value] = entries[0] ?? [];
  if (entries.length !== 1 || key === undefined || !Object.hasOwn(parsers, key)) {
    const given = entries.length === 0 ? 'nothing' : entries.map(([name]) => name).join(', ');
    throw new ConstraintError(
      '',
      `A constraint has exactly one of ${known}; this one has ${given}.`,
    );
  }
  return parsers[key]!(value);
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

/** What is kept for a vocabulary as long as it lives. */
interface KnownVocabulary {
  readonly index: TokenIndex;
  /** Those used lately, with all that they have worked out. */
  readonly constraints: BoundedCache<CompiledConstraint, VocabularyConstraint>;
}

const vocabularies = new WeakMap<Vocabulary, KnownVocabulary>();

/** The beginning of an answer under a constraint. The vocabulary is read once in its life. */
export function createConstraintState(
  constraint: CompiledConstraint,
  vocabulary: Vocabulary,
): ConstraintState {
  let known = vocabularies.get(vocabulary);
  if (known === undefined) {
    known = {
      index: createTokenIndex(vocabulary),
      constraints: new BoundedCache(limits.rememberedBytes, bytesOf),
    };
    vocabularies.set(vocabulary, known);
  }
  const { index, constraints } = known;
  const bound = constraints.get(constraint, () => bind(constraint, vocabulary, index));
  return new TokenConstraintState(bound);
}

/** About what one takes before anything was asked of it, per state. */
const stateBytes = 256;

function bytesOf({ recogniser, masks }: VocabularyConstraint): number {
  return stateBytes * recogniser.automaton.states.length + recogniser.bytes + masks.bytes;
}

function bind(
  { automaton }: CompiledConstraint,
  vocabulary: Vocabulary,
  index: TokenIndex,
): VocabularyConstraint {
  const { nextSpellable } = index;
  const shortest = shortestTexts(automaton.states, (from, to) => nextSpellable[from]! <= to);
  const recogniser = new Recogniser(automaton, shortest);
  return { vocabulary, index, recogniser, masks: new TokenMasks(recogniser, index) };
}
