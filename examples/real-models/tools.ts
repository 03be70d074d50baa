// A call of a tool as JSON: the prompt says which tools there are, and a schema leaves the model no other answer.
//   npx tsx examples/real-models/tools.ts hf:Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF:Q4_K_M
import { LoadedRecipe, resolveRecipe } from 'trimtab';

const [, , file, question = 'Set an alarm for 07:30, please.'] = process.argv;
if (file === undefined)
  throw new Error('Give a GGUF file of a chat model, or a name: hf:owner/name.');

const tools = {
  set_alarm: { time: { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' } },
  play_music: { song: { type: 'string', maxLength: 30 } },
};
const call = (name: string, properties: object) => ({
  type: 'object',
  properties: {
    tool: { const: name },
    arguments: {
      type: 'object',
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
    },
  },
  required: ['tool', 'arguments'],
  additionalProperties: false,
});
const jsonSchema = { anyOf: Object.entries(tools).map(([name, each]) => call(name, each)) };

const system = `Answer with one call of a tool, as JSON. The tools: ${JSON.stringify(tools)}`;
const recipe = resolveRecipe(
  { name: 'tools', models: { base: { file, system } }, base: 'base', formula: 'base' },
  { directory: process.cwd() },
);
await using loaded = await LoadedRecipe.load(recipe);
const options = { constraint: { jsonSchema }, temperature: 0, maxTokens: 60 };
const { text } = await loaded.generate(question, options);
const { tool, arguments: given } = JSON.parse(text) as { tool: string; arguments: object };
console.log(`${tool} ${JSON.stringify(given)}`);
