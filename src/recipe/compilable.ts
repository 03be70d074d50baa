import { ConstraintError, type Constraint } from '../spec/index.ts';
import type { ConstraintEntry } from './constraint.ts';
import { showPath, type DocumentPath } from './issues.ts';
import type { Recipe } from './recipe.ts';
import { noPlaces, type ErrorPlaces } from './yaml-source.ts';

/** Compiles a constraint, at once or elsewhere. @throws ConstraintError */
export type CompileConstraint = (constraint: Constraint) => unknown;

/**
 * Makes sure that a recipe's constraint can be compiled. Recipes are read without the compiler, which is as large as all
 * that reads them: whoever has one lends it.
 * @throws RecipeError for a constraint that the compiler refuses.
 */
export async function requireRecipeConstraint(
  { constraint, models }: Pick<Recipe, 'constraint' | 'models'>,
  compile: CompileConstraint,
): Promise<void> {
  if (constraint !== null) await requireCompilable(constraint, compile, constraint, noPlaces);
  for (const { name, source } of models.values()) {
    if (source.kind !== 'server' || source.sayable === null) continue;
    try {
      await compile({ regex: source.sayable });
    } catch (cause) {
      if (!(cause instanceof ConstraintError)) throw cause;
      const path = ['models', name, 'withhold'];
      throw noPlaces.errorAt(path, `${showPath(path)}: ${cause.message}`, { cause });
    }
  }
}

/**
 * {@link requireRecipeConstraint} with errors that know their places.
 * @param entry - The constraint as the document has it.
 */
export async function requireCompilable(
  constraint: Constraint,
  compile: CompileConstraint,
  entry: ConstraintEntry | Constraint,
  places: ErrorPlaces,
): Promise<void> {
  try {
    await compile(constraint);
  } catch (error) {
    if (!(error instanceof ConstraintError)) throw error;
    const { path, offset } = placeOf(entry, error.path);
    const message = `${showPath(path.slice(0, 2))}: ${error.message}`;
    throw places.errorAt(path, message, { offset, cause: error });
  }
}

/** Where in a document the fault of its constraint is. */
interface ConstraintPlace {
  readonly path: DocumentPath;
  /** Characters into the text there. */
  readonly offset: number;
}

/** @param path - Of a ConstraintError: a JSON pointer, or an offset in a text. */
function placeOf(entry: ConstraintEntry | Constraint, path: string): ConstraintPlace {
  const [key] = Object.entries(entry).find(([, value]) => value !== undefined)!;
  const start = ['constraint', key];
  const isElsewhere = key === 'jsonSchemaFile' || key === 'grammarFile';
  if (isElsewhere || path === '') return { path: start, offset: 0 };
  if (/^[0-9]+$/.test(path)) return { path: start, offset: Number(path) };
  const parts = path.split('/').slice(1);
  const names = parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return { path: [...start, ...names], offset: 0 };
}
