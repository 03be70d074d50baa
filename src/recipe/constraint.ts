import { z } from 'zod';

import {
  InvalidOptionError,
  type ErrorContext,
  type Constraint,
  type JsonSchema,
} from '../spec/index.ts';

export const constraintSchema = z
  .strictObject({
    jsonSchema: z
      .union([z.boolean(), z.record(z.string(), z.unknown())])
      .optional()
      .describe('JSON text of a value that this JSON Schema accepts; true is any value.'),
    jsonSchemaFile: z
      .string()
      .min(1)
      .optional()
      .describe("The schema in a JSON file, relative to the recipe's folder."),
    strict: z
      .boolean()
      .optional()
      .describe(
        'jsonSchema, jsonSchemaFile: keywords and formats that JSON Schema does not know are refused, not ignored.',
      ),
    regex: z
      .string()
      .min(1)
      .optional()
      .describe('A text that this regular expression matches from its beginning to its end.'),
    grammar: z
      .string()
      .min(1)
      .optional()
      .describe("A text of this grammar in GBNF, llama.cpp's notation; its first rule is root."),
    grammarFile: z
      .string()
      .min(1)
      .optional()
      .describe("The grammar in a file, relative to the recipe's folder."),
    choice: z.array(z.string().min(1)).min(1).readonly().optional().describe('One of these texts.'),
    structuralTag: z
      .looseObject({
        type: z.string().describe('Its format: `triggered_tags`, `tag`, `any_text`, …'),
      })
      .optional()
      .describe("Free text and structures in it: a format of xgrammar's structural tags."),
  })
  .describe('What an answer must be, as a whole: one of these keys.');

/** The constraint of a recipe's document. */
export type ConstraintEntry = z.output<typeof constraintSchema>;

/** A constraint in a file of its own: which key names it, and how. */
export interface ConstraintFile {
  readonly key: 'jsonSchemaFile' | 'grammarFile';
  /** As written. */
  readonly path: string;
}

/** The file that a recipe's document keeps its constraint in, if it does: the document is unchecked. */
export function constraintFileOf(document: unknown): ConstraintFile | null {
  const constraint = (document as { constraint?: unknown } | null)?.constraint;
  const entry = constraint as Readonly<Record<string, unknown>> | null | undefined;
  for (const key of ['jsonSchemaFile', 'grammarFile'] as const) {
    const path = entry?.[key];
    if (typeof path === 'string' && path !== '') return { key, path };
  }
  return null;
}

/**
 * @param fileText - Of the file that it names; `null` if no files were read.
 * @throws InvalidOptionError whose option is the place, e.g. `constraint.jsonSchemaFile`.
 */
export function toConstraint(entry: ConstraintEntry, fileText: string | null): Constraint {
  const { strict: _, ...kinds } = constraintSchema.shape;
  const keys = Object.keys(kinds) as (keyof typeof kinds)[];
  const [key, another] = keys.filter((name) => entry[name] !== undefined);
  if (key === undefined || another !== undefined) {
    throw new InvalidOptionError(
      'constraint',
      key === undefined
        ? `constraint does not say what an answer must be: give one of ${keys.join(', ')}.`
        : `constraint says both ${key} and ${another}: give one of them.`,
    );
  }
  if (entry.strict !== undefined && key !== 'jsonSchema' && key !== 'jsonSchemaFile') {
    throw new InvalidOptionError(
      'constraint.strict',
      'constraint.strict belongs to a JSON schema.',
    );
  }
  const strict = entry.strict === undefined ? {} : { strict: entry.strict };
  if (key === 'jsonSchemaFile') {
    return { jsonSchema: parseSchema(requireText(key, fileText)), ...strict };
  }
  if (key === 'jsonSchema') return { jsonSchema: entry.jsonSchema!, ...strict };
  if (key === 'grammarFile') return { grammar: requireText(key, fileText) };
  return { [key]: entry[key] } as Constraint;
}

function requireText(key: ConstraintFile['key'], fileText: string | null): string {
  if (fileText !== null) return fileText;
  throw new InvalidOptionError(
    `constraint.${key}`,
    `constraint.${key} is read where a recipe is loaded from its file alone: here, give ` +
      `${key.replace('File', '')} with what is in the file.`,
  );
}

function parseSchema(text: string): JsonSchema {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (cause) {
    throw noSchema(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  const isMapping = typeof schema === 'object' && schema !== null && !Array.isArray(schema);
  if (isMapping || typeof schema === 'boolean') return schema as JsonSchema;
  throw noSchema('it must hold an object, or true');
}

function noSchema(reason: string, context?: ErrorContext): InvalidOptionError {
  const option = 'constraint.jsonSchemaFile';
  return new InvalidOptionError(option, `${option} is not a JSON Schema: ${reason}.`, context);
}
