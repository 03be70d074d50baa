// Why each token was chosen: what the base alone would have said, and what every term contributed.
import { join } from 'node:path';

import { LoadedRecipe } from 'trimtab';

const recipe = join(import.meta.dirname, '../recipes/atlas-chat.yaml');
await using loaded = await LoadedRecipe.load(recipe);
const { tokens } = await loaded.generate('Where was Mada Norrar born?', {
  trace: true,
  maxTokens: 40,
});

for (const { text, logprob, trace } of tokens) {
  // shift = log p_composed(token) - log p_base(token), in nats
  const shares = trace!.terms.map(({ model, share }) => `${model} ${share.toFixed(2)}`);
  const instead = trace!.baseChoice.text === text ? '' : `  instead of '${trace!.baseChoice.text}'`;
  console.log(
    `'${text}'`.padEnd(14),
    `p ${Math.exp(logprob!).toFixed(3)}`,
    `shift ${trace!.shift.toFixed(2).padStart(5)}`,
    `(${shares.join(', ')})${instead.replaceAll('\n', String.raw`\n`)}`,
  );
}

const kl = tokens.reduce((sum, { trace }) => sum + trace!.kl, 0) / tokens.length;
console.log(`mean KL(composed ‖ base): ${kl.toFixed(3)} nats a token`);
