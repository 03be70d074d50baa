// Guidance by a prompt: what a system prompt changes in one chat model, taken more than once.
//   npx tsx examples/real-models/guidance.ts hf:HuggingFaceTB/SmolLM2-135M-Instruct-GGUF 'What is the sea like?'
// Sanchez et al. 2023, "Stay on topic with Classifier-Free Guidance", arXiv:2306.17806
import { LoadedRecipe, resolveRecipe } from 'trimtab';

const [, , file, question = 'What is the sea like?'] = process.argv;
if (file === undefined)
  throw new Error('Give a GGUF file of a chat model, or a name: hf:owner/name.');

const recipe = resolveRecipe(
  {
    name: 'prompted',
    models: {
      asked: { file, system: 'You are a pirate captain. Talk as pirates do.' },
      plain: { file, system: false }, // no system prompt, nor one that its template would write
    },
    base: 'asked',
    formula: 'gamma * logp(asked) + (1 - gamma) * logp(plain)',
    params: { gamma: { default: 1.5, min: 0, max: 4 } },
    sampling: { temperature: 0 },
    engine: { contextLength: 1024 },
  },
  { directory: process.cwd() },
);
await using loaded = await LoadedRecipe.load(recipe);

// 0 is the model without the prompt, 1 with it; above, the prompt counts for more.
for (const gamma of [0, 1, 1.5]) {
  const { text } = await loaded.generate(question, { params: { gamma }, maxTokens: 40 });
  console.log(`gamma ${gamma}: ${text.replaceAll(/\s+/g, ' ').trim()}`);
}
