import { compileConstraint, createConstraintState } from '../../src/grammar/index.ts';
import { uniformAt } from '../../src/math/index.ts';
import type { ConstraintState, JsonSchema } from '../../src/spec/index.ts';
import { acceptsText } from './accepts-text.ts';
import { byteVocabulary } from './byte-vocabulary.ts';

const vocabulary = byteVocabulary();

/** A schema that a library writes, and JSON texts that it takes and refuses. */
export interface SchemaCase {
  readonly schema: JsonSchema;
  readonly valid: readonly string[];
  readonly invalid: readonly string[];
}

/** Texts that are judged otherwise than the library does. */
export function misjudged({ schema, valid, invalid }: SchemaCase): string[] {
  const compiled = compileConstraint({ jsonSchema: schema });
  return [
    ...valid.filter((text) => !acceptsText(compiled, text)),
    ...invalid.filter((text) => acceptsText(compiled, text)),
  ];
}

/** Texts that an answer under the schema may be: walks over bytes that may come, which turn to the end where little room is left. */
export function textsOf(schema: JsonSchema, count: number): string[] {
  const compiled = compileConstraint({ jsonSchema: schema });
  return Array.from({ length: count }, (_, i) => {
    let drawn = 0;
    return walk(createConstraintState(compiled, vocabulary), () => uniformAt(i, drawn++));
  });
}

/** Enough for every schema of the suites. */
const mostBytes = 300;
const quote = 0x22;

function walk(state: ConstraintState, random: () => number): string {
  const bytes: number[] = [];
  while (!state.mustEnd && !(state.canEnd && random() < 0.3)) {
    const mask = state.mask(mostBytes - bytes.length);
    const isAllowed = (byte: number): boolean => (mask[byte >>> 5]! & (1 << (byte & 31))) !== 0;
    const allowed = Array.from({ length: 256 }, (_, byte) => byte).filter(isAllowed);
    // Often enough for strings to end.
    const byte =
      isAllowed(quote) && random() < 0.2 ? quote : allowed[Math.floor(random() * allowed.length)];
    if (byte === undefined) break; // nothing but the end
    state.accept(byte);
    bytes.push(byte);
  }
  return Buffer.from(bytes).toString();
}
