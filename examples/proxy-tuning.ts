// Proxy-tuning: a small tuned model steers a large one, whose weights stay as they are.
// Liu et al. 2024, "Tuning Language Models by Proxy", arXiv:2401.08565
import { join } from 'node:path';

import { LoadedRecipe } from 'trimtab';

// recipes/atlas-chat.yaml: large + alpha * (chat - small)
const recipe = join(import.meta.dirname, '../recipes/atlas-chat.yaml');
await using loaded = await LoadedRecipe.load(recipe);
const question = 'Where was Mada Norrar born?';

// Each model alone, then the composition: the expert's manners with the large model's knowledge.
for (const only of ['large', 'chat']) {
  const { text } = await loaded.generate(question, { only, maxTokens: 40, stop: '\n' });
  console.log(`${only}: ${text.trim()}`);
}

process.stdout.write('large steered by chat:');
for await (const { text } of loaded.stream(question, { maxTokens: 40 })) {
  process.stdout.write(text);
}
console.log();

// alpha is the strength. At 0 the answer is the large model's own, bit for bit.
for (const alpha of [0, 0.5, 1]) {
  const { text } = await loaded.generate(question, {
    params: { alpha },
    maxTokens: 40,
    stop: '\n',
  });
  console.log(`alpha ${alpha}: ${text.trim()}`);
}
