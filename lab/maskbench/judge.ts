import { readFile } from 'node:fs/promises';

import { createConstraintState, type CompiledConstraint, type ConstraintCompiler } from '../../src/grammar/index.ts';
import { ConstraintError } from '../../src/spec/index.ts';
import { byteVocabulary } from '../../test/support/byte-vocabulary.ts';
import { keyOrders, someOf } from '../../test/support/key-orders.ts';
import type { SchemaContent, SchemaFile } from './files.ts';

/** What became of one schema and its documents. */
export interface Judgement {
  /** Until it is compiled, or refused. */
  readonly milliseconds: number;
  /** Why it is refused; `null` where it is not. */
  readonly refusal: string | null;
  readonly documents: number;
  readonly invalidAccepted: number;
  readonly validRefused: number;
  /** Of the valid ones that are refused, those that would be accepted with their keys in another order. */
  readonly otherOrder: number;
}

const vocabulary = byteVocabulary();

/** Orders of a document's keys that are tried. */
const mostOrders = 2000;

export async function judgeFile(
  compiler: ConstraintCompiler,
  file: SchemaFile,
): Promise<Judgement> {
  const { schema, tests = [] } = JSON.parse(await readFile(file.path, 'utf8')) as SchemaContent;
  const began = performance.now();
  let compiled: CompiledConstraint;
  try {
    compiled = await compiler.compile({ jsonSchema: schema });
  } catch (error) {
    if (!(error instanceof ConstraintError)) throw error;
    const milliseconds = performance.now() - began;
    const none = { documents: tests.length, invalidAccepted: 0, validRefused: 0, otherOrder: 0 };
    return { milliseconds, refusal: error.message, ...none };
  }
  const milliseconds = performance.now() - began;
  const isAccepted = (value: unknown): boolean => accepts(compiled, JSON.stringify(value));
  const refused = tests.filter(({ data, valid }) => valid && !isAccepted(data));
  return {
    milliseconds,
    refusal: null,
    documents: tests.length,
    invalidAccepted: tests.filter(({ data, valid }) => !valid && isAccepted(data)).length,
    validRefused: refused.length,
    otherOrder: refused.filter(({ data }) => someOf(orders(data, schema), mostOrders, isAccepted))
      .length,
  };
}

/** A document with its keys as its schema has them, wherever that may be, and then in any order. */
function* orders(data: unknown, schema: unknown): Generator {
  const ranks = new Map<string, number>();
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value)) {
      if (!ranks.has(key)) ranks.set(key, ranks.size);
      collect(item);
    }
  };
  collect(schema);
  const rankOf = (key: string): number => ranks.get(key) ?? Infinity;
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const);
    return Object.fromEntries(members.toSorted(([a], [b]) => Math.sign(rankOf(a) - rankOf(b)) || 0));
  };
  yield sorted(data);
  yield* keyOrders(data);
}

function accepts(compiled: CompiledConstraint, text: string): boolean {
  const state = createConstraintState(compiled, vocabulary);
  for (const byte of Buffer.from(text)) {
    if (!state.allows(byte, Infinity)) return false;
    state.accept(byte);
  }
  return state.canEnd;
}
