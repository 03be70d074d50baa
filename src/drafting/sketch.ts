import type { RecipeDocument } from '../recipe/index.ts';
import type { GivenModel } from './given-model.ts';
import type { Roles } from './roles.ts';

/** A recipe's document, and what is to be said of its parts. */
export interface Sketch {
  /** What it is, in lines of at most 110 characters. */
  readonly about: readonly string[];
  readonly document: RecipeDocument;
  /** By place, `models` or `models.large`: above a part, or at the end of the line of a part's part. */
  readonly comments: Readonly<Record<string, string>>;
  /** The models behind the names of the document, the one whose template all shall read first. */
  readonly models: ReadonlyMap<string, GivenModel>;
  readonly warnings: readonly string[];
}

/** What a purpose is drawn with. */
export interface SketchOptions {
  readonly roles: Roles;
  /** What a view is told: facts, or how to answer; the purpose's own by default. */
  readonly system?: string | undefined;
  /** Of a JSON schema, as the recipe names it. */
  readonly schemaFile?: string | undefined;
}

/** An entry that sees no system message at all, not even one of its template's making. */
export function withoutSystem({ place, description }: GivenModel) {
  return { file: place, system: description.chatTemplate === null ? null : false } as const;
}

export const samplingComment =
  '0 is greedy: the same question gets the same answer; 1 is the distribution as it is.';
