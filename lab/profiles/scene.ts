// Users who were asked, the questions that are answered for them, and the recipe that answers.
import { createLocalService } from '../../src/service/index.ts';
import type { InferenceService, Recipe } from '../../src/index.ts';
import { readAttributes, type Attribute } from '../../test/support/atlas-attributes.ts';
import {
  readQuestions,
  spreadQuestions,
  type Question,
} from '../../test/support/atlas-questions.ts';
import { number, onOff, type FlagValues } from '../shared/flags.ts';
import { showProgress } from '../shared/progress.ts';
import { shippedRecipe } from '../shared/recipes.ts';
import { createAnswerer } from './answers.ts';
import { createJournal, journalFile, rememberingService } from './journal.ts';
import type { Scene } from './systems.ts';
import { createJudge, interviewUsers, type InterviewedUser, type Judge } from './users.ts';

export const sceneFlags = {
  users: number('in each of four groups, which are shown different pairs', 6),
  questions: number('about held-out people, answered for each user', 16),
  spread: number("of users' weights, in log-odds for a standard deviation of an attribute", 1.5),
  seed: number('of users, their answers and the pairs that they are shown', 1),
  quick: onOff('a few users and questions; no answer is kept, and no figure drawn'),
};
type SceneFlags = FlagValues<typeof sceneFlags>;

/** Of an answer at most: hardly any is half as long. */
const maxTokens = 96;

interface Extent {
  readonly groups: number;
  readonly groupSize: number;
  readonly questions: number;
  /** The recipe's answers at temperature 1 to each question. */
  readonly samples: number;
  /** In which costs are measured. */
  readonly rounds: number;
}

/** What both experiments start from. Answers are kept from one run to the next. */
export interface Stage extends AsyncDisposable {
  readonly recipe: Recipe;
  readonly judge: Judge;
  /** As the recipe's profile has them. */
  readonly attributes: readonly Attribute[];
  readonly extent: Extent;
  readonly questions: (people: 'heldout' | 'validation') => Promise<Question[]>;
  /** @param recipes - Whose profiles all learn of every answer. @param seed - Added to that of the flag. */
  readonly scene: (
    recipes: readonly Recipe[],
    questions: readonly Question[],
    seed?: number,
  ) => Promise<Scene>;
}

export async function openStage(flags: SceneFlags): Promise<Stage> {
  const extent: Extent = flags.quick
    ? { groups: 1, groupSize: 3, questions: 3, samples: 8, rounds: 1 }
    : { groups: 4, groupSize: flags.users, questions: flags.questions, samples: 24, rounds: 5 };
  const loaded = await shippedRecipe('atlas-profiles');
  const recipe = { ...loaded, engine: { ...loaded.engine, maxSequences: 16, threads: 1 } };
  const attributes = await readAttributes();
  const judge = createJudge(recipe, attributes);
  const service = await createLocalService({ recipes: [recipe] });
  await service.load(recipe.name);
  const once = createJournal(flags.quick ? null : journalFile('profiles', recipe));
  const asking = rememberingService(service, once);
  const answerer = createAnswerer(asking, recipe, { maxTokens, separator: ' ' });
  return {
    recipe,
    judge,
    attributes: recipe.profile!.attributes.map(({ name }) => attributes[name]!),
    extent,
    questions: async (people) => spreadQuestions(await readQuestions(people), extent.questions),
    scene: async (recipes, questions, seed = 0) => {
      const asked = {
        service: asking,
        recipes,
        judge,
        spread: flags.spread,
        seed: flags.seed + seed,
      };
      return { service, answerer, recipe, users: await interviewGroups(extent, asked), questions };
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** Users, group after group; each group is shown pairs of its own. */
async function interviewGroups(
  { groups, groupSize }: Extent,
  asked: {
    readonly service: InferenceService;
    readonly recipes: readonly Recipe[];
    readonly judge: Judge;
    readonly spread: number;
    readonly seed: number;
  },
): Promise<InterviewedUser[]> {
  const users: InterviewedUser[] = [];
  for (let group = 0; group < groups; group++) {
    showProgress(`interviews, group ${group + 1} of ${groups}`);
    const drawn = { ...asked, users: groupSize, seed: asked.seed + 100 * group };
    users.push(...(await interviewUsers(drawn)));
  }
  return users;
}
