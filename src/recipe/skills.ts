import { InvalidOptionError } from '../spec/index.ts';
import { toAdapter } from './adapters.ts';
import { isOnServer } from './on-server.ts';
import { describeRange } from './params.ts';
import type { ParamDeclaration, RecipeModel, Skill } from './recipe.ts';
import type { SkillEntry } from './schema.ts';

/** A skill, and the param that is its weight. */
export interface ResolvedSkill {
  readonly skill: Skill;
  readonly weight: ParamDeclaration;
}

/** What a skill is laid over, and where its paths start. */
export interface SkillContext {
  readonly models: ReadonlyMap<string, RecipeModel>;
  readonly base: string;
  readonly directory: string;
}

/** @throws InvalidOptionError that names the place of what is wrong. */
export function resolveSkill(
  name: string,
  entry: SkillEntry,
  { models, base, directory }: SkillContext,
): ResolvedSkill {
  if (typeof entry === 'string') {
    return resolveSkill(name, { file: entry }, { models, base, directory });
  }
  const { of = base, weight = 0, min = 0, max = 2, description = null, ...adapter } = entry;
  const at = `skills.${name}`;
  const model = models.get(of);
  if (model === undefined) {
    throw new InvalidOptionError(
      `${at}.of`,
      `${at}.of: there is no model ${of}. The models are ${[...models.keys()].join(', ')}.`,
    );
  }
  if (isOnServer(model)) {
    throw new InvalidOptionError(
      `${at}.of`,
      `${at}: ${of} is on a server, which has no skills of ours: name a local model.`,
    );
  }
  if (min > max) {
    throw new InvalidOptionError(
      `${at}.min`,
      `${at}: min (${min}) is above max (${max}): no weight is allowed.`,
    );
  }
  if (weight < min || weight > max) {
    throw new InvalidOptionError(
      `${at}.weight`,
      `${at}.weight must be ${describeRange(min, max)}, not ${weight}: change it, min or max.`,
    );
  }
  return {
    skill: { name, of, adapter: toAdapter(adapter, directory, at) },
    weight: { default: weight, min, max, description },
  };
}
