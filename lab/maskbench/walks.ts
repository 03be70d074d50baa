import { readFile } from 'node:fs/promises';

import { compileConstraint, type CompiledConstraint } from '../../src/grammar/index.ts';
import {
  ConstraintError,
  type JsonSchema,
  type TokenId,
  type Vocabulary,
} from '../../src/spec/index.ts';
import type { SchemaContent, SchemaFile } from './files.ts';

/** A schema, and a document that fits it, cut into tokens. */
export interface Walk {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly compiled: CompiledConstraint;
  readonly tokens: readonly TokenId[];
}

/** Of the schemas that compile and have a document that fits. */
export async function readWalks(
  files: readonly SchemaFile[],
  vocabulary: Vocabulary,
): Promise<Walk[]> {
  const walks: Walk[] = [];
  for (const { name, path } of files) {
    const { schema, tests = [] } = JSON.parse(await readFile(path, 'utf8')) as SchemaContent;
    const fitting = tests.find(({ valid }) => valid);
    const compiled = fitting === undefined ? undefined : tryCompile(schema);
    if (fitting === undefined || compiled === undefined) continue;
    const written = JSON.stringify(fitting.data);
    const tokens = vocabulary.tokenize(written, { addSpecial: false, parseSpecial: false });
    walks.push({ name, schema, compiled, tokens });
  }
  return walks;
}

function tryCompile(schema: JsonSchema): CompiledConstraint | undefined {
  try {
    return compileConstraint({ jsonSchema: schema });
  } catch (error) {
    if (error instanceof ConstraintError) return undefined;
    throw error;
  }
}
