import { readFile } from 'node:fs/promises';

import {
  createConstraintState,
  type CompiledConstraint,
  type ConstraintCompiler,
} from '../../src/grammar/index.ts';
import { ConstraintError, type ConstraintState } from '../../src/spec/index.ts';
import { acceptsText } from '../../test/support/accepts-text.ts';
import { byteVocabulary } from '../../test/support/byte-vocabulary.ts';
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

/** Bytes that are tried at most to find an order of a document's keys that is accepted. */
const mostBytes = 1_000_000;

export async function judgeFile(
  compiler: ConstraintCompiler,
  file: SchemaFile,
): Promise<Judgement> {
  const text = await readFile(file.path, 'utf8');
  const { schema } = JSON.parse(text) as SchemaContent;
  const { tests = [] } = JSON.parse(withNumbersAsWritten(text)) as SchemaContent;
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
  const isAccepted = (value: unknown): boolean => acceptsText(compiled, spell(value));
  const refused = tests.filter(({ data, valid }) => valid && !isAccepted(data));
  return {
    milliseconds,
    refusal: null,
    documents: tests.length,
    invalidAccepted: tests.filter(({ data, valid }) => !valid && isAccepted(data)).length,
    validRefused: refused.length,
    otherOrder: refused.filter(({ data }) => acceptsAnyOrder(compiled, data)).length,
  };
}

const marked = '\\u0000 a number ';

/**
 * JSON in which the numbers that would be spelled otherwise are texts: `12.0` is no integer to every validator, and none of
 * the texts that the grammar has of one.
 */
function withNumbersAsWritten(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `"${marked}${token}"`,
  );
}

/** The reverse of {@link withNumbersAsWritten}. */
function spell(value: unknown): string {
  return JSON.stringify(value).replaceAll(/"\\u0000 a number ([^"]*)"/g, '$1');
}

/** Whether a document is accepted with its keys in some order: each next one is any that may come. */
function acceptsAnyOrder(compiled: CompiledConstraint, document: unknown): boolean {
  const state = createConstraintState(compiled, vocabulary);
  const meter = { left: mostBytes };
  return write(state, document, meter, () => state.canEnd);
}

interface Meter {
  left: number;
}

/** Writes a value, and what comes then; takes it back where that does not fit. */
function write(state: ConstraintState, value: unknown, meter: Meter, then: () => boolean): boolean {
  if (Array.isArray(value)) return writeItems(state, value, meter, then);
  if (typeof value === 'object' && value !== null) {
    return writeText(state, '{', meter, () =>
      writeMembers(state, Object.entries(value), meter, '', then),
    );
  }
  return writeText(state, spell(value), meter, then);
}

function writeItems(
  state: ConstraintState,
  items: readonly unknown[],
  meter: Meter,
  then: () => boolean,
): boolean {
  const from = (index: number): boolean => {
    if (index === items.length) return writeText(state, ']', meter, then);
    return writeText(state, index === 0 ? '' : ',', meter, () =>
      write(state, items[index], meter, () => from(index + 1)),
    );
  };
  return writeText(state, '[', meter, () => from(0));
}

function writeMembers(
  state: ConstraintState,
  left: readonly (readonly [string, unknown])[],
  meter: Meter,
  separator: string,
  then: () => boolean,
): boolean {
  if (left.length === 0) return writeText(state, '}', meter, then);
  return left.some(([key, value], i) =>
    writeText(state, `${separator}${JSON.stringify(key)}:`, meter, () =>
      write(state, value, meter, () => writeMembers(state, left.toSpliced(i, 1), meter, ',', then)),
    ),
  );
}

function writeText(
  state: ConstraintState,
  written: string,
  meter: Meter,
  then: () => boolean,
): boolean {
  const { length } = state;
  for (const byte of Buffer.from(written)) {
    if (--meter.left < 0 || !state.allows(byte, Infinity)) {
      state.truncate(length);
      return false;
    }
    state.accept(byte);
  }
  if (then()) return true;
  state.truncate(length);
  return false;
}
