// How well answers suit simulated users who have a profile, and what they are to be compared with:
// npm run profiles
// -- --users     in each of four groups, which are shown different pairs: 6 by default
// -- --questions about held-out people, answered for each user: 16 by default
// -- --spread    of users' weights, in log-odds for a standard deviation of an attribute: 1.5 by default
// -- --seed      of users, their answers and the pairs that they are shown: 1 by default
// -- --settings  compares strengths and cautions on the validation people instead
// -- --quick     a few users and questions; -- --json  prints data
// Answers are kept in the temporary folder: what was answered before is not asked for again. Prints
// Markdown and, unless it is quick, draws docs/figures/profiles.svg.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { createLocalService } from '../../src/service/index.ts';
import { loadRecipe, type Recipe } from '../../src/index.ts';
import { readQuestions, type Question } from '../shared/atlas-questions.ts';
import { machineFacts, showProgress } from '../shared/measure.ts';
import { plotLines } from '../shared/line-plot.ts';
import { questionScale } from '../preferences/users.ts';
import { createAnswerer } from './answers.ts';
import { measureProfileCost } from './cost.ts';
import { gatherEvidence } from './evidence.ts';
import { evidencePanels, showProfiles, showSettings, type ProfilesResults } from './report.ts';
import { compareSettings, withSettings } from './settings.ts';
import type { Scene } from './systems.ts';
import { createJudge, interviewUsers, type InterviewedUser } from './users.ts';
import { modelsFolder } from '../shared/recipes.ts';
import { readAttributes } from '../rewards/attributes.ts';

const { values: flags } = parseArgs({
  options: {
    users: { type: 'string', default: '6' },
    questions: { type: 'string', default: '16' },
    spread: { type: 'string', default: '1.5' },
    seed: { type: 'string', default: '1' },
    settings: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const extent = flags.quick
  ? { groups: 1, groupSize: 3, questions: 3, samples: 8, rounds: 1 }
  : {
      groups: 4,
      groupSize: Number(flags.users),
      questions: Number(flags.questions),
      samples: 24,
      rounds: 5,
    };
/** Attributes of a person, a question each. */
const perPerson = 5;

const loaded = await loadRecipe(path.join(modelsFolder, '../../recipes/atlas-profiles.yaml'));
const recipe = { ...loaded, engine: { ...loaded.engine, maxSequences: 16, threads: 1 } };
const attributes = await readAttributes();
const judge = createJudge(recipe, attributes);
await using service = await createLocalService({ recipes: [recipe] });
await service.load(recipe.name);

await (flags.settings ? reportSettings() : reportEvidence());

async function reportEvidence(): Promise<void> {
  const users = await interviewGroups([recipe], Number(flags.seed));
  const scene = createScene(users, await someQuestions('heldout'));
  const evidence = await gatherEvidence({
    scene,
    trials: await someQuestions('validation'),
    judge,
    attributes: recipe.profile!.attributes.map(({ name }) => attributes[name]!),
    groupSize: extent.groupSize,
    samplesPerQuestion: extent.samples,
    onProgress: showProgress,
  });
  const costs = await measureProfileCost(scene, extent.rounds, showProgress);
  showProgress('');
  const results: ProfilesResults = { machine: machineFacts(), evidence, costs };
  console.log(flags.json ? JSON.stringify(results, null, 2) : showProfiles(results));
  if (flags.quick) return;
  const folder = new URL('../../docs/figures/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const figure = plotLines(evidencePanels(evidence), {
    title: 'How well answers suit users by the number of their answers',
    ...questionScale,
  });
  writeFileSync(new URL('profiles.svg', folder), figure);
}

/** Other users than those that the results are about. */
async function reportSettings(): Promise<void> {
  const users = await interviewGroups(withSettings(recipe), Number(flags.seed) + 1000);
  const scene = createScene(users, await someQuestions('validation'));
  const rows = await compareSettings(scene, judge, extent.samples, showProgress);
  showProgress('');
  console.log(flags.json ? JSON.stringify(rows, null, 2) : showSettings(rows));
}

function createScene(users: readonly InterviewedUser[], questions: readonly Question[]): Scene {
  return {
    service,
    answerer: createAnswerer(service, recipe, !flags.quick),
    recipe,
    users,
    questions,
  };
}

/** Users, group after group; each group is shown pairs of its own. */
async function interviewGroups(
  recipes: readonly Recipe[],
  seed: number,
): Promise<InterviewedUser[]> {
  const { groups, groupSize } = extent;
  const users: InterviewedUser[] = [];
  for (let group = 0; group < groups; group++) {
    showProgress(`interviews, group ${group + 1} of ${groups}`);
    const drawn = { users: groupSize, spread: Number(flags.spread), seed: seed + 100 * group };
    users.push(...(await interviewUsers({ service, recipes, judge, ...drawn })));
  }
  return users;
}

/** Of as many people as can be, every attribute in turn. */
async function someQuestions(people: 'heldout' | 'validation'): Promise<Question[]> {
  const all = await readQuestions(people);
  const persons = all.length / perPerson;
  return Array.from({ length: Math.min(extent.questions, all.length) }, (_, i) => {
    const person = Math.floor((i * persons) / extent.questions);
    return all[perPerson * person + (i % perPerson)]!;
  });
}
