// Profiles on a real model, whose attributes are prompts: how well its answers suit simulated users whose taste
// another real model judges, and what else they may have. Prints Markdown.
import { existsSync } from 'node:fs';
import path from 'node:path';

import { createLocalService } from '../../src/service/index.ts';
import { realModelsFolder } from '../../test/support/real-models.ts';
import { createAnswerer } from '../profiles/answers.ts';
import { createJournal, journalFile, rememberingService } from '../profiles/journal.ts';
import type { Scene } from '../profiles/systems.ts';
import { interviewUsers } from '../profiles/users.ts';
import { experiment } from '../shared/experiment.ts';
import { number, onOff, text } from '../shared/flags.ts';
import { machineFacts } from '../shared/measure.ts';
import { showProgress } from '../shared/progress.ts';
import { keptFolder } from '../shared/random-files.ts';
import { gatherEvidence, sampleTexts } from './evidence.ts';
import { createModelJudge, openReader } from './judge.ts';
import { calibratedRecipe, maxTokens } from './recipe.ts';
import { showRealProfiles } from './report.ts';
import { heldOutQuestions } from './wishes.ts';

export default experiment({
  flags: {
    model: text('FILE', 'that answers', 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf'),
    judge: text('FILE', 'that says how answers sound', 'smollm2-135m-instruct-q4_1.gguf'),
    users: number('who are asked', 6),
    questions: number('answered for each user, at most 6', 4),
    spread: number("of users' weights, in log-odds for a standard deviation of an attribute", 1.5),
    strength: number('of the profile', 8),
    caution: number('of the profile', 0.5),
    budget: number('of KL in nats a token, 0 for none', 2),
    seed: number('of users, their answers and the pairs that they are shown', 1),
    perplexity: onOff('scores every answer under the base, too'),
    quick: onOff('two users and two questions; no answer is kept'),
  },
  async run(flags, print) {
    requireFiles([flags.model, flags.judge]);
    const calibration = path.join(
      keptFolder,
      `real-profiles-calibration-${path.basename(flags.model, '.gguf')}`,
    );
    const recipe = await calibratedRecipe(flags.model, flags, 24, calibration);
    const once = createJournal(flags.quick ? null : journalFile('real-profiles', recipe));
    await using service = await createLocalService({ recipes: [recipe] });
    await service.load(recipe.name);
    const asking = rememberingService(service, once);
    const answerer = createAnswerer(asking, recipe, { maxTokens, separator: '' });
    await using reader = await openReader(flags.judge, once);
    const questions = heldOutQuestions.slice(0, flags.quick ? 2 : flags.questions);
    const scene: Scene = { service, answerer, recipe, users: [], questions };
    showProgress('samples');
    const samples = await sampleTexts(scene);
    const judge = await createModelJudge(reader, samples);
    showProgress('interviews');
    const users = await interviewUsers({
      service: asking,
      recipes: [recipe],
      judge,
      users: flags.quick ? 2 : flags.users,
      spread: flags.spread,
      seed: flags.seed,
    });
    const evidence = await gatherEvidence({ ...scene, users }, judge, samples, flags.perplexity);
    print(showRealProfiles(recipe, evidence));
    return { data: { machine: machineFacts(), evidence } };
  },
});

/** @throws Error that says where files are looked for. */
function requireFiles(names: readonly string[]): void {
  const missing = names.filter((name) => !existsSync(path.resolve(realModelsFolder, name)));
  if (missing.length === 0) return;
  throw new Error(
    `There is no ${missing.join(', no ')} in ${realModelsFolder}: put the files there, or name another folder ` +
      'in TRIMTAB_REAL_MODELS.',
  );
}
