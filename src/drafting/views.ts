import type { RecipeDocument } from '../recipe/index.ts';
import type { GivenModel } from './given-model.ts';

/** How a recipe's models see the conversation. */
export type PromptEntry = Exclude<RecipeDocument['models'][string], string>['prompt'];

export interface Views {
  /** By the models' names in the recipe; those that say nothing see it by default. */
  readonly prompts: ReadonlyMap<string, PromptEntry>;
  readonly warnings: readonly string[];
}

/**
 * One template for all: the first that there is, in the order given, so the expert should come first. Models that have or
 * borrow it by default say nothing; where there is none, all see the text alone.
 * @param models - By their names in the recipe.
 * @param expert - Whose template is borrowed by default.
 */
export function chooseViews(models: ReadonlyMap<string, GivenModel>, expert: string | null): Views {
  const owner = [...models].find(([, { description }]) => description.chatTemplate !== null);
  if (owner === undefined) {
    const [title, another] = new Set([...models.values()].map((model) => model.title));
    const who = another === undefined ? `${title} has no` : 'No model has a';
    return {
      prompts: new Map([...models.keys()].map((name) => [name, 'raw'])),
      warnings: [
        `${who} chat template: ${another === undefined ? 'it sees' : 'they see'} your text as it is, and ` +
          `${another === undefined ? 'goes' : 'go'} on writing it. A recipe can give one: \`prompt: { template: … }\`.`,
      ],
    };
  }
  const [name, model] = owner;
  const prompts = new Map<string, PromptEntry>();
  const warnings: string[] = [];
  for (const [other, { title, description }] of models) {
    if (description.chatTemplate === model.description.chatTemplate) continue;
    if (description.chatTemplate !== null) {
      warnings.push(
        `${title} has a template of its own, and is made to read that of ${model.title}, as the others do: ` +
          `\`prompt: chat\` at ${other} gives it its own.`,
      );
    } else if (name === expert) continue; // it borrows that by default
    prompts.set(other, { templateOf: name });
  }
  return { prompts, warnings };
}
