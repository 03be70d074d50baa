import { withTemplate, type CheckedModel } from '../engine/index.ts';
import type { Recipe, RecipeModel } from '../recipe/index.ts';

/** What is known of a recipe's models, by their names. */
export type CheckedModels = ReadonlyMap<string, CheckedModel>;

/** Models that read another prompt than the base: inside vLLM they would not. */
export function viewRefusals(models: readonly RecipeModel[], checked: CheckedModels): string[] {
  const [base, ...pair] = models;
  const read = ({ name }: RecipeModel): string => JSON.stringify(checked.get(name)!.samplePrompt);
  return pair.flatMap((model) =>
    read(model) === read(base!)
      ? []
      : [
          `models.${model.name}.prompt: inside vLLM all models read the tokens of the base's own prompt, and ${model.name} reads ` +
            `another than ${base!.name} does; \`trimtab check\` shows both, \`prompt: { templateOf: ${base!.name} }\` makes them one.`,
        ],
  );
}

/**
 * The template that a model reads conversations through; `null`: it reads their text.
 * @param bos - What llama.cpp puts before every prompt, and vLLM before none that a template has made.
 */
export function templateRead(
  recipe: Recipe,
  model: RecipeModel,
  checked: CheckedModels,
  bos: string | null,
): string | null {
  const files = new Map(
    [...checked].map(([name, { file, description }]) => [
      name,
      { name: file, chatTemplate: description?.chatTemplate ?? null },
    ]),
  );
  const { view } = withTemplate(recipe, model, files, true);
  if (view.kind === 'raw' || view.template === null) return null;
  const writesIt =
    bos === null || /\bbos_token\b/.test(view.template) || view.template.includes(bos);
  return writesIt ? view.template : `{{ ${JSON.stringify(bos)} }}${view.template}`;
}
