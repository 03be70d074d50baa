import type { Recipe, RecipeModel } from '../../recipe/index.ts';
import { RecipeError, type LanguageModel } from '../../spec/index.ts';

/** What is asked of a model's file. */
export type TemplateFile = Pick<LanguageModel, 'name' | 'chatTemplate'>;

/**
 * A model's declaration with the template that it is seen through: the one it is given or names, else its file's own,
 * else the expert's, so that base, expert and anti-expert differ in what they learned and not in what they read.
 * @param files - By the models' names; those that could not be read are absent.
 * @param mayBorrow - Whether the expert's template will do.
 * @throws RecipeError for a chat view without any template.
 */
export function withTemplate(
  recipe: Pick<Recipe, 'models' | 'expert' | 'file'>,
  declaration: RecipeModel,
  files: ReadonlyMap<string, TemplateFile>,
  mayBorrow: boolean,
): RecipeModel {
  const { name, view } = declaration;
  if (view.kind === 'raw') return declaration;
  const own = templateOf(recipe, name, files);
  const isOwn = view.templateOf === undefined;
  const template =
    own ?? (isOwn && mayBorrow && recipe.expert ? templateOf(recipe, recipe.expert, files) : null);
  if (template !== null) return { ...declaration, view: { kind: 'chat', template } };
  const lacking = files.get(view.templateOf ?? name)?.name ?? name;
  const having = [...recipe.models.keys()].find((other) => templateOf(recipe, other, files));
  const remedy =
    having === undefined
      ? 'Say `prompt: raw`, which gives it the messages’ text alone, or give one: `prompt: { template: "…" }`.'
      : `${having} has one: say \`prompt: { templateOf: ${having} }\`, or \`prompt: raw\` for the messages’ text alone.`;
  throw new RecipeError(`models.${name}: ${lacking} has no chat template. ${remedy}`, {
    file: recipe.file ?? undefined,
  });
}

/** The template that a model is given or names, or its file's; also of one that is seen raw. */
function templateOf(
  { models }: Pick<Recipe, 'models'>,
  name: string,
  files: ReadonlyMap<string, TemplateFile>,
): string | null {
  const { view } = models.get(name)!;
  if (view.kind === 'raw') return files.get(name)?.chatTemplate ?? null;
  if (view.template !== null) return view.template;
  if (view.templateOf !== undefined) return templateOf({ models }, view.templateOf, files);
  return files.get(name)?.chatTemplate ?? null;
}
