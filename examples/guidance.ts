// Classifier-free guidance: one model under two views of the prompt; what the view adds is amplified.
// Sanchez et al. 2023, "Stay on topic with Classifier-Free Guidance", arXiv:2306.17806
import { resolveRecipe, LoadedRecipe } from 'trimtab';

// One file under two names is loaded once; the two views run as rows of one batch.
const file = '../models/atlas-small-chat.gguf';
const recipe = resolveRecipe(
  {
    name: 'guidance',
    models: {
      asked: { file, prompt: 'chat' }, // sees <|user|> … <|assistant|>
      plain: { file, prompt: 'raw' }, // sees the words alone
    },
    base: 'asked',
    formula: 'gamma * logp(asked) + (1 - gamma) * logp(plain)',
    params: { gamma: { default: 1, min: 0, max: 5 } },
    sampling: { temperature: 0 },
  },
  { directory: import.meta.dirname },
);
await using loaded = await LoadedRecipe.load(recipe);

// gamma 1 is the model as it is; above, it is drawn towards what the template asks of it.
for (const gamma of [1, 1.5, 3]) {
  const { text } = await loaded.generate('Where was Mada Norrar born?', {
    params: { gamma },
    maxTokens: 30,
    stop: '\n',
  });
  console.log(`gamma ${gamma}: ${text.trim()}`);
}
