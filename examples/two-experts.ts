// Two differences at once: towards the chat expert's manners, away from what the small model says
// to the bare question. Each has its own strength, which a request may change.
import { resolveRecipe, LoadedRecipe } from 'trimtab';

const recipe = resolveRecipe(
  {
    name: 'two-experts',
    models: {
      large: '../models/atlas-large.gguf',
      chat: '../models/atlas-small-chat.gguf',
      small: '../models/atlas-small.gguf',
      plain: { file: '../models/atlas-small.gguf', prompt: 'raw' },
    },
    base: 'large',
    formula: 'large + manners * (chat - small) + focus * (small - plain)',
    params: { manners: { default: 0.7, min: 0, max: 2 }, focus: { default: 0, min: 0, max: 2 } },
    sampling: { temperature: 0 },
  },
  { directory: import.meta.dirname },
);
await using loaded = await LoadedRecipe.load(recipe);

// All four at once: the engine runs them as rows of the same batches.
const strengths = [0, 0.7].flatMap((manners) => [0, 0.3].map((focus) => ({ manners, focus })));
const answers = await Promise.all(
  strengths.map((params) =>
    loaded.generate('Where was Mada Norrar born?', { params, maxTokens: 40, stop: '\n' }),
  ),
);
for (const [i, { text }] of answers.entries()) {
  const { manners, focus } = strengths[i]!;
  console.log(`manners ${manners}, focus ${focus}: ${text.trim()}`);
}
