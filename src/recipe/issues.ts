import { z } from 'zod';

import { didYouMean } from '../faults/index.ts';

export type DocumentPath = readonly (string | number)[];

/** A fault of a document: where, and what a person should read. */
export interface DocumentIssue {
  readonly path: DocumentPath;
  readonly message: string;
  /** Whether the key at the end of the path is at fault, or its value. */
  readonly on: 'key' | 'value';
}

/** `models.large.file`, `adapters[0]`. */
export function showPath(path: DocumentPath): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join('');
}

/** The most telling of the issues that `schema` has with `document`, in words. */
export function toDocumentIssue(
  issues: readonly z.core.$ZodIssue[],
  schema: z.core.$ZodType,
  document: unknown,
): DocumentIssue {
  const flat = issues.map((issue) => flatten(issue, document));
  // A misspelt key is why another is missing.
  const first = flat.find(({ code }) => code === 'unrecognized_keys') ?? flat[0]!;
  return explainIssue(first, schema, valueAt(document, toPath(first.path)));
}

/** Of a union's issues, those of the branch that the value was meant for. */
function flatten(issue: z.core.$ZodIssue, document: unknown): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  for (const branch of issue.errors) {
    const [first] = branch;
    const isMeant = first !== undefined && (first.path.length > 0 || !isTypeIssue(first));
    if (!isMeant) continue;
    return flatten({ ...first, path: [...issue.path, ...first.path] }, document);
  }
  return issue;
}

function isTypeIssue({ code }: z.core.$ZodIssue): boolean {
  return code === 'invalid_type' || code === 'invalid_value';
}

function explainIssue(
  issue: z.core.$ZodIssue,
  schema: z.core.$ZodType,
  value: unknown,
): DocumentIssue {
  const path = toPath(issue.path);
  const at = showPath(path);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const known = schemasAt(schema, path).flatMap(keysOf);
    const hint = didYouMean(key, known);
    const remedy = hint === '' ? ` Known keys: ${known.join(', ')}.` : hint;
    const where = at === '' ? 'A recipe' : at;
    return { path: [...path, key], message: `${where} has no key \`${key}\`.${remedy}`, on: 'key' };
  }
  if (issue.code === 'invalid_key') {
    const reason = issue.issues[0]?.message ?? 'this name cannot be used';
    return { path, message: `${at}: ${reason}.`, on: 'key' };
  }
  if (value === undefined) {
    const description = schemasAt(schema, path).map(descriptionOf).join(' ');
    return {
      path: path.slice(0, -1),
      message: `${at} is missing. ${description}`.trimEnd(),
      on: 'value',
    };
  }
  const name = at === '' ? 'A recipe' : at;
  return { path, message: `${name} ${complaint(issue, value)}`, on: 'value' };
}

function complaint(issue: z.core.$ZodIssue, value: unknown): string {
  if (isTypeIssue(issue) || issue.code === 'invalid_union') {
    return `must be ${expectation(issue)}, not ${showGiven(value)}.${enumHint(issue, value)}`;
  }
  if (issue.code === 'too_small') {
    if (issue.origin === 'string') return 'must not be empty.';
    const bound = issue.inclusive === false ? 'above' : 'at least';
    return `must be ${bound} ${issue.minimum}, not ${showGiven(value)}.`;
  }
  if (issue.code === 'too_big') {
    const bound = issue.inclusive === false ? 'below' : 'at most';
    return `must be ${bound} ${issue.maximum}, not ${showGiven(value)}.`;
  }
  return `cannot be ${showGiven(value)}: ${issue.message}.`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a finite number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  null: 'null',
};

/** What an issue of type would have taken, e.g. `"raw", "chat" or a mapping`. */
function expectation(issue: z.core.$ZodIssue): string {
  return list([...new Set(expectations(issue))]);
}

function expectations(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_type') return [typeNames[issue.expected] ?? issue.expected];
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value));
  if (issue.code !== 'invalid_union') return [issue.message];
  return issue.errors.flatMap(([first]) => (first === undefined ? [] : expectations(first)));
}

function enumHint(issue: z.core.$ZodIssue, value: unknown): string {
  if (typeof value !== 'string') return '';
  const branches = issue.code === 'invalid_union' ? issue.errors.flat() : [issue];
  const values = branches.flatMap((branch) =>
    branch.code === 'invalid_value' ? branch.values : [],
  );
  return didYouMean(value, values.map(String));
}

function list(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}

/** A value as a person wrote it, cut short. */
export function showGiven(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value !== null && typeof value === 'object') return 'a mapping';
  if (value === null) return 'empty (null)';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return `a value of type ${typeof value}`;
  return `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`;
}

function toPath(path: readonly PropertyKey[]): DocumentPath {
  return path.map((part) => (typeof part === 'number' ? part : String(part)));
}

function valueAt(document: unknown, path: DocumentPath): unknown {
  let value = document;
  for (const part of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part))
      return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** Every schema that a value at `path` may be meant for: unions have several. */
function schemasAt(schema: z.core.$ZodType, path: DocumentPath): z.core.$ZodType[] {
  let schemas = branchesOf(schema);
  for (const part of path) schemas = schemas.flatMap((parent) => childrenOf(parent, part));
  return schemas;
}

function childrenOf(schema: z.core.$ZodType, part: string | number): z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const child = (schema.shape as Record<string, z.core.$ZodType | undefined>)[part];
    return child === undefined ? [] : branchesOf(child);
  }
  if (schema instanceof z.ZodRecord) return branchesOf(schema.valueType);
  return schema instanceof z.ZodArray ? branchesOf(schema.element) : [];
}

function branchesOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodReadonly) {
    return branchesOf(schema.unwrap());
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(branchesOf);
  return [schema];
}

function keysOf(schema: z.core.$ZodType): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function descriptionOf(schema: z.core.$ZodType): string {
  return schema instanceof z.ZodType ? (schema.description ?? '') : '';
}
