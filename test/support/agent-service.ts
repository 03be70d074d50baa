import { createLocalService } from '../../src/service/index.ts';
import type { InferenceService, TokenId } from '../../src/spec/index.ts';
import { byteVocabulary, bytesOf, endToken } from './byte-vocabulary.ts';
import { fakeLoader } from './fake-model/fake-loader.ts';
import { fakeRecipe } from './fake-model/fake-recipe.ts';
import { plainTemplate } from './tool-templates.ts';

/** Rounds of calls and results before {@link createAgentService}'s model answers. */
const agentRounds = 3;

export const agentAnswer = 'That was all.';

const vocabulary = byteVocabulary(['<tool_call>']);
const assistant = '<|assistant|>';

/**
 * What it says to a conversation, as its template writes it. With tools: calls of the first one, with the number of the round,
 * until there were as many results as rounds, then {@link agentAnswer}; JSON where it is asked for any; else a greeting.
 */
function toAnswer(prompt: string): string {
  const name = /<tools>\n\{"name":"(?<name>[\w-]+)"/.exec(prompt)?.groups!['name'];
  const results = prompt.split('<tool_response>').length - 1;
  const given = prompt.includes('"answer"') ? '{"answer": 42}' : `{"step": ${results + 1}}`;
  if (name === undefined) return prompt.includes('JSON') ? '{"answer": 42}' : 'Hello.';
  if (results >= agentRounds) return agentAnswer;
  return `Step.\n<tool_call>\n{"name": "${name}", "arguments": ${given}}\n</tool_call>`;
}

function logits(tokens: readonly TokenId[]): Float32Array {
  const text = Buffer.from(
    tokens.flatMap((id) => (id < 256 ? [id] : [...vocabulary.piece(id)])),
  ).toString('latin1');
  const at = text.lastIndexOf(assistant) + assistant.length;
  const script = toAnswer(text.slice(0, at));
  const row = new Float32Array(vocabulary.size);
  const said = text.length - at;
  // Where it must call, it says nothing before.
  const call = script.indexOf('<tool_call>');
  if (said === 0 && call > 0) row[bytesOf('<')[0]!] = 20;
  const skipped = call > 0 && text[at] === '<' ? call : 0;
  row[bytesOf(script)[skipped + said] ?? endToken] = 40;
  return row;
}

/** A service of the recipe `agent`: a fake model that was taught to call tools. */
export function createAgentService(): Promise<InferenceService> {
  const recipe = fakeRecipe({
    name: 'agent',
    models: { base: { file: 'base.gguf', prompt: { template: plainTemplate } } },
    formula: 'base',
    params: {},
    engine: { contextLength: 16_384 },
  });
  const fake = { vocabulary, logits, trainedContextLength: 16_384 };
  const { loader } = fakeLoader({ base: fake });
  return createLocalService({ recipes: [recipe], engineOptions: { loader } });
}
