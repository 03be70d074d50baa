import { modelPath, type Recipe } from '../../recipe/index.ts';
import type { Adapter } from '../../spec/index.ts';
import { isExpert, keptAdapters } from '../../svf/index.ts';

/** Multiplications that a model's experts may take to decompose while it loads: some seconds. */
const mostWork = 2e10;

/**
 * The recipe with the LoRA adapters of its SVF experts, which are made where they are not kept yet.
 * @throws GgufError, ModelLoadError for an expert of another model, or of one too large to decompose now.
 */
export async function withExpertsAsAdapters(
  recipe: Recipe,
  signal: AbortSignal | undefined,
): Promise<Recipe> {
  const made = new Map<Adapter, Adapter>();
  for (const { name, source, adapters } of recipe.models.values()) {
    const skills = [...recipe.skills.values()].filter(({ of }) => of === name);
    const experts: Adapter[] = [];
    for (const adapter of [...adapters, ...skills.map((skill) => skill.adapter)]) {
      if (adapter.kind === 'lora' && (await isExpert(adapter.file))) experts.push(adapter);
    }
    if (experts.length === 0) continue;
    const files = experts.map(({ file }) => file);
    const kept = await keptAdapters(modelPath(source), files, { mostWork, signal });
    for (const [i, expert] of experts.entries()) made.set(expert, { ...expert, file: kept[i]! });
  }
  if (made.size === 0) return recipe;
  const toMade = (adapter: Adapter) => made.get(adapter) ?? adapter;
  return {
    ...recipe,
    models: new Map(
      [...recipe.models].map(([name, model]) => [
        name,
        { ...model, adapters: model.adapters.map(toMade) },
      ]),
    ),
    skills: new Map(
      [...recipe.skills].map(([name, skill]) => [
        name,
        { ...skill, adapter: toMade(skill.adapter) },
      ]),
    ),
  };
}
