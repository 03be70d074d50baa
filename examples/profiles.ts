// Reward profiles: a new user says which of two answers they like better, about ten times, and from then
// on the same recipe answers in their manner. Shenfeld et al. 2025, arXiv:2503.06358, acting on every token.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadRecipe } from 'trimtab';
import { createLocalService } from 'trimtab/service';
import { createProfiles, withSteering } from 'trimtab/profiles';
import { openSqliteStore, storeFileName } from 'trimtab/store';

const recipe = await loadRecipe(join(import.meta.dirname, '../recipes/atlas-profiles.yaml'));
const folder = await mkdtemp(join(tmpdir(), 'trimtab-profiles-'));
{
  await using store = await openSqliteStore({ file: join(folder, storeFileName), now: Date.now });
  await using service = await createLocalService({ recipes: [recipe] });
  await using profiles = createProfiles({ service, store, recipes: [recipe], seed: 1 });

  // Whose profiles these are: nobody else can see them. Here, two users of one product.
  const owner = 'example';
  const answer = async (user: string) => {
    const options = withSteering({ maxTokens: 60 }, await profiles.steering(owner, user));
    const prompt = 'Where was Mada Norrar born?';
    const request = { recipe: recipe.name, prompt, owner, options };
    return (await service.stream(request).result).text.trim();
  };

  // These two are simulated: one likes the longer answer, the other the shorter.
  for (const [user, sign] of [
    ['ann', 1],
    ['ben', -1],
  ] as const) {
    await profiles.create(owner, { id: user, recipe: recipe.name });
    console.log(`${user}, before: ${await answer(user)}`);
    for (let count = 0; count < 10; count++) {
      const question = await profiles.question(owner, user);
      if (question.kind === 'enough') break;
      const likesFirst = sign * (question.first.length - question.second.length) > 0;
      const outcome = likesFirst ? 'first' : 'second';
      await profiles.answer(owner, user, { question: question.id, outcome });
    }
    const { text } = await profiles.get(owner, user);
    console.log(`${user} ${text}`);
    console.log(`${user}, after: ${await answer(user)}`);
  }
}
await rm(folder, { recursive: true });
