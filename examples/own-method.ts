// A method of one's own: proxy-tuning whose shift is clipped, so that no token is raised or lowered by more than a few nats.
import { composedBy, LoadedRecipe, resolveRecipe } from 'trimtab';

// base + clip(alpha * (chat - small), -most, most): `out` holds the base's logits already.
const clippedShift = composedBy({
  name: 'clipped',
  models: ['large', 'chat', 'small'],
  compose({ chat, small }, out, _position, params) {
    const { alpha = 0, most = 0 } = params;
    for (let i = 0; i < out.length; i++) {
      const shift = alpha * (chat[i]! - small[i]!);
      out[i]! += Math.max(-most, Math.min(most, shift));
    }
  },
});

const recipe = resolveRecipe(
  {
    name: 'clipped-chat',
    models: {
      large: '../models/atlas-large.gguf',
      chat: '../models/atlas-small-chat.gguf',
      small: '../models/atlas-small.gguf',
    },
    base: 'large',
    formula: clippedShift,
    params: { alpha: { default: 2, min: 0, max: 4 }, most: { default: 3, min: 0 } },
    sampling: { temperature: 0 },
  },
  { directory: import.meta.dirname },
);

await using loaded = await LoadedRecipe.load(recipe);
for (const params of [{ most: 0 }, { most: 3 }, { most: 100 }]) {
  let clipped = 0;
  const { text, tokens } = await loaded.generate('Where was Mada Norrar born?', {
    params,
    maxTokens: 40,
    stop: '\n',
    onToken({ tokenId, rows: { large }, composed }) {
      const moved = Math.abs(composed[tokenId]! - large![tokenId]!);
      if (moved >= params.most - 1e-3) clipped += 1;
    },
  });
  console.log(
    `at most ${params.most} nats, ${clipped} of ${tokens.length} tokens clipped: ${text.trim()}`,
  );
}
