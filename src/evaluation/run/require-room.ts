import { InvalidOptionError, TrimtabError, type ServedRecipe } from '../../spec/index.ts';
import { questionOf } from '../example.ts';
import type { EvaluationItem, EvaluationTask } from '../task.ts';
import { generate } from './measure-answer.ts';
import { measureItem } from './measure-item.ts';
import type { MeasureOptions } from './measurement.ts';

/**
 * Tries the longest item of each task with the system's examples, if it has any.
 * @throws InvalidOptionError if it does not fit into the context, with the numbers.
 */
export async function requireRoom(
  tasks: readonly EvaluationTask[],
  loaded: ServedRecipe,
  options: MeasureOptions,
): Promise<void> {
  const { name, examples = [] } = options.system;
  if (examples.length === 0) return;
  const context = contextLength(loaded, options.system.only);
  const { maxTokens = 1 } = options.system.options;
  for (const { name: task, items } of tasks) {
    const item = await longestItem(items, options);
    const tokens = await tryPrompt(item, options, (reason) =>
      refuse(
        `${name}: ${item.id} of ${task} does not fit with ${examples.length} examples. ${reason}`,
      ),
    );
    if (tokens + maxTokens <= context) continue;
    refuse(
      `${name}: ${item.id} of ${task} has ${tokens} tokens with ${examples.length} examples, and an answer ` +
        `${maxTokens} at most: the context of ${context} does not hold both. Give fewer examples, allow ` +
        'shorter answers, or raise engine.contextLength.',
    );
  }
}

function refuse(message: string): never {
  throw new InvalidOptionError('examples', message);
}

/** Of the models that answer, the shortest; infinite where a server does not tell. */
function contextLength({ models: all }: ServedRecipe, only: string | null): number {
  const models = all.filter(({ name }) => only === null || name === only);
  return Math.min(...models.map((model) => model.contextLength));
}

/** By its tokens where the service counts them, else by its characters. */
async function longestItem(
  items: readonly EvaluationItem[],
  { service, system }: MeasureOptions,
): Promise<EvaluationItem> {
  const countsTokens = service.scoredPrompts !== 'none';
  const options = { only: system.only ?? undefined, addSpecial: false, parseSpecial: false };
  const sizes = await Promise.all(
    items.map(async (item) => {
      const text = textOf(item);
      return countsTokens
        ? (await service.tokenize(system.recipe, text, options)).length
        : text.length;
    }),
  );
  return items[sizes.indexOf(Math.max(...sizes))]!;
}

/** What a system is given: what is asked, and the longest text that is scored after it. */
function textOf(item: EvaluationItem): string {
  const asked = questionOf(item) ?? JSON.stringify('prompt' in item ? item.prompt : item.text);
  return (
    asked + scoredTexts(item).reduce((one, other) => (other.length > one.length ? other : one))
  );
}

function scoredTexts(item: EvaluationItem): readonly string[] {
  if (item.kind === 'choice') return item.options;
  if (item.kind === 'cloze') return [item.right, ...item.wrong];
  if (item.kind === 'answer') return [item.answer];
  return item.kind === 'pair' ? [item.chosen, item.rejected] : [''];
}

/** @returns Tokens of the prompt that an answer must fit behind; 0 where nothing is generated. */
async function tryPrompt(
  item: EvaluationItem,
  options: MeasureOptions,
  onTooLong: (reason: string) => never,
): Promise<number> {
  try {
    if (item.kind !== 'generate' && item.kind !== 'program') {
      await measureItem(item, options);
      return 0;
    }
    const { system } = options;
    const one = { ...system, options: { ...system.options, maxTokens: 1, constraint: null } };
    const prompt = item.kind === 'program' ? { text: item.prompt } : item.prompt;
    return (await generate(prompt, { ...options, system: one })).usage.promptTokens;
  } catch (error) {
    if (error instanceof TrimtabError && error.code === 'context_length_exceeded') {
      return onTooLong(error.message);
    }
    return 0; // whatever else is wrong, the run tells of the item
  }
}
