// A recipe given in code, its formula built as data instead of text.
import {
  model,
  param,
  resolveRecipe,
  scale,
  serializeFormula,
  subtract,
  sum,
  LoadedRecipe,
} from 'trimtab';

// (1 - mix) * large + mix * tuned + boost * (tuned - small): a blend of two models, and a push.
const mix = param('mix');
const push = scale(param('boost'), sum(model('tuned'), scale(-1, model('small'))));
const formula = sum(scale(subtract(1, mix), model('large')), scale(mix, model('tuned')), push);

const large = '../models/atlas-large.gguf';
const tuned = '../models/atlas-small-chat.gguf';
const small = '../models/atlas-small.gguf';
const recipe = resolveRecipe(
  {
    name: 'blend',
    models: { large, tuned, small },
    base: 'large',
    formula,
    params: { mix: { default: 0, min: 0, max: 1 }, boost: { default: 0.7, min: 0, max: 2 } },
    sampling: { temperature: 0 },
  },
  { directory: import.meta.dirname },
);
console.log(`formula: ${serializeFormula(recipe.formula)}`);

await using loaded = await LoadedRecipe.load(recipe);
for (const params of [{}, { mix: 1, boost: 0 }, { mix: 0.1, boost: 0.6 }]) {
  const question = 'Where was Mada Norrar born?';
  const { text } = await loaded.generate(question, { params, maxTokens: 40, stop: '\n' });
  console.log(`${JSON.stringify(params)}: ${text.trim()}`);
}
