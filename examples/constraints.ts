// What an answer must be: a grammar, a regular expression, a list of texts or a JSON schema. It is kept
// to token by token, on the composed distribution, whatever the models would rather say.
import { join } from 'node:path';

import { LoadedRecipe, type Constraint } from 'trimtab';

await using loaded = await LoadedRecipe.load(
  join(import.meta.dirname, '../recipes/atlas-form.yaml'),
);

// The recipe's own grammar. At alpha 0 the large model, which ignores questions, is held to it too.
for (const alpha of [0, 0.7]) {
  const { text } = await loaded.generate('Which guild did Dasa Torran belong to?', {
    params: { alpha },
  });
  console.log(`a grammar, alpha ${alpha}:${text}`);
}

// A request may ask for something else; `null` is anything.
const schema = {
  type: 'object',
  properties: { name: { const: 'Dasa Torran' }, year: { type: 'integer', minimum: 1700 } },
  required: ['name', 'year'],
  additionalProperties: false,
};
const trades = ['teacher', 'glazier', 'baker'].map((each) => ` Dasa Torran worked as a ${each}.`);
const asked: readonly [what: string, question: string, constraint: Constraint | null][] = [
  ['nothing', 'When was Dasa Torran born?', null],
  ['an expression', 'When was Dasa Torran born?', { regex: '[^0-9]* 1[78][0-9]{2}\\.' }],
  ['one of these', 'What was the trade of Dasa Torran?', { choice: trades }],
  ['a JSON schema', 'When was Dasa Torran born?', { jsonSchema: schema }],
];
for (const [what, question, constraint] of asked) {
  const { text } = await loaded.generate(question, { constraint, maxTokens: 60 });
  console.log(`${what}: ${text.trim()}`);
}

// What cannot be kept to is refused before any model runs, with the place and the reason.
try {
  await loaded.generate('When?', { constraint: { jsonSchema: { unevaluatedItems: false } } });
} catch (error) {
  console.log((error as Error).message);
}
