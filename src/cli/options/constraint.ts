import type { Command } from 'commander';

import {
  ConstraintError,
  type Constraint,
  type GenerateOptions,
  type JsonSchema,
} from '../../spec/index.ts';
import { UsageError } from '../failure.ts';
import { readText } from '../named-file.ts';
import { findJsonFault } from '../../faults/index.ts';
import { placeAt } from '../../faults/index.ts';
import { addFlags } from './option-flags.ts';

/** Flags of {@link addConstraintOptions}, as commander parses them. */
export interface ConstraintFlags {
  readonly schema?: string;
  readonly regex?: string;
  readonly grammar?: string;
  readonly choice?: readonly string[];
  /** `false` for `--no-constraint`. */
  readonly constraint?: boolean;
}

/** The flags that say what an answer must be. */
export function addConstraintOptions(command: Command): Command {
  const heading = "What the answer must be (one of these, in place of the recipe's):";
  return addFlags(command.optionsGroup(heading), 'constraint');
}

/**
 * The constraint among a command's flags; nothing where they leave it to the recipe. It is compiled
 * before anything is loaded, so that its faults are known at once.
 * @throws UsageError naming the flag, and the place of a fault.
 */
export async function constraintOf(
  flags: ConstraintFlags,
): Promise<Pick<GenerateOptions, 'constraint'>> {
  const [flag, another] = flagsGiven(flags);
  if (flag === undefined) return {};
  if (another !== undefined) {
    throw new UsageError(
      `--${flag} and --${another} both say what the answer must be: give one of them.`,
    );
  }
  if (flag === 'no-constraint') return { constraint: null };
  const source = await sourceOf(flag, flags);
  await requireCompilable(flag, source);
  return { constraint: source.constraint };
}

type ConstraintFlag = 'schema' | 'regex' | 'grammar' | 'choice';

function flagsGiven(flags: ConstraintFlags): (ConstraintFlag | 'no-constraint')[] {
  const names = ['schema', 'regex', 'grammar', 'choice'] as const;
  return [
    ...names.filter((name) => flags[name] !== undefined),
    ...(flags.constraint === false ? (['no-constraint'] as const) : []),
  ];
}

/** A constraint and the text that it was read from. */
interface ConstraintSource {
  readonly constraint: Constraint;
  readonly text: string;
  /** `null` for a text of the command line. */
  readonly file: string | null;
}

async function sourceOf(flag: ConstraintFlag, flags: ConstraintFlags): Promise<ConstraintSource> {
  if (flag === 'choice') return { constraint: { choice: flags.choice! }, text: '', file: null };
  if (flag === 'regex') {
    return { constraint: { regex: flags.regex! }, text: flags.regex!, file: null };
  }
  const given = flags[flag]!;
  const isInline = flag === 'schema' && /^\s*(?:\{|true\s*$|false\s*$)/.test(given);
  const file = isInline ? null : given;
  const text = file === null ? given : await textOf(flag, file);
  const constraint =
    flag === 'schema' ? { jsonSchema: parseSchema(text, file) } : { grammar: text };
  return { constraint, text, file };
}

async function textOf(flag: ConstraintFlag, file: string): Promise<string> {
  if (file === '-') {
    throw new UsageError(`--${flag}: what is piped in belongs to the prompt: give a file.`);
  }
  return readText(`--${flag}`, file);
}

function parseSchema(text: string, file: string | null): JsonSchema {
  const fault = findJsonFault(text);
  if (fault !== undefined) {
    const { line, column, expected } = fault;
    const place = file === null ? `line ${line}, column ${column}` : `${file}:${line}:${column}`;
    throw new UsageError(`--schema: ${place}: this is not JSON: ${expected} should stand here.`);
  }
  const schema: unknown = JSON.parse(text);
  const isObject = typeof schema === 'object' && schema !== null && !Array.isArray(schema);
  if (isObject || typeof schema === 'boolean') return schema as JsonSchema;
  throw new UsageError(`--schema: ${file}: a JSON schema is an object, true or false.`);
}

async function requireCompilable(
  flag: ConstraintFlag,
  { constraint, text, file }: ConstraintSource,
): Promise<void> {
  const { compileConstraint } = await import('../../grammar/index.ts');
  try {
    compileConstraint(constraint);
  } catch (error) {
    if (!(error instanceof ConstraintError)) throw error;
    const place = placeOf(error.path, text, file);
    throw new UsageError(`--${flag}: ${place}${error.message}`, { cause: error });
  }
}

/** `file:line:column: ` where the error has an offset in a file, `file: ` where it has not. */
function placeOf(path: string, text: string, file: string | null): string {
  if (file === null) return '';
  if (!/^[0-9]+$/.test(path)) return `${file}: `;
  const { line, column } = placeAt(text, Number(path));
  return `${file}:${line}:${column}: `;
}
