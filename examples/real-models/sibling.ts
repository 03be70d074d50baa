// A large model steered by its small sibling: the small one reads a prompt and, beside it, does not; what the
// prompt changes there is added to the large one, which never sees it.
//   npx tsx examples/real-models/sibling.ts hf:Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF:Q4_K_M \
//     hf:Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF:Q4_K_M
// Liu et al. 2024, "Tuning Language Models by Proxy", arXiv:2401.08565
import { LoadedRecipe, resolveRecipe } from 'trimtab';

const [, , large, small, question = 'Who wrote Hamlet?'] = process.argv;
if (large === undefined || small === undefined) {
  throw new Error(
    'Give two GGUF files with the same tokenizer, the large one first, or hf: names.',
  );
}
const recipe = resolveRecipe(
  {
    name: 'sibling',
    models: {
      large,
      expert: { file: small, system: 'Answer in French.' },
      twin: { file: small, system: null }, // as its template has it where nobody says anything
    },
    base: 'large',
    expert: 'expert',
    antiExpert: 'twin',
    params: { alpha: { default: 1, min: 0, max: 3 } },
    sampling: { temperature: 0 },
    engine: { contextLength: 512, maxSequences: 1 },
  },
  { directory: process.cwd() },
);
await using loaded = await LoadedRecipe.load(recipe);
console.log(loaded.models.map(({ name, file }) => `${name} ${file}`).join(', '));

for (const alpha of [0, 1]) {
  const options = { params: { alpha }, maxTokens: 20, trace: true };
  const { text, tokens } = await loaded.generate(question, options);
  const moved = tokens.filter(({ trace }) => trace!.kl > 0.1).length;
  console.log(`alpha ${alpha}: ${text.trim()} (${moved} of ${tokens.length} tokens moved)`);
}
