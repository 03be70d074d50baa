// What a profile is to beat: the same answered pairs, shown to the models as examples.
import type { ChatMessage, InferenceService, Prompt } from '../../src/index.ts';
import type { AnsweredPair } from './users.ts';

/** Tokens of the question, of the instruction and of a chat template's marks, generously. */
const reserved = 64;

/** How the pairs are told. */
export const exampleForms = ['pairs', 'turns'] as const;
export type ExampleForm = (typeof exampleForms)[number];

const instruction = 'Answer in the manner that the user prefers.';

interface FittingOptions {
  readonly form: ExampleForm;
  /** In tokens, those of the answer among them. */
  readonly contextLength: number;
  readonly maxTokens: number;
}

/** The last decided pairs that fit the context, oldest first, by a form's own tokens. */
export async function fittingPairs(
  service: InferenceService,
  recipe: string,
  answered: readonly AnsweredPair[],
  { form, contextLength, maxTokens }: FittingOptions,
): Promise<AnsweredPair[]> {
  let left = contextLength - maxTokens - reserved;
  const fitting: AnsweredPair[] = [];
  for (const pair of answered.toReversed()) {
    if (pair.outcome === 'tie' || pair.outcome === 'neither') continue;
    const marks = form === 'turns' ? 12 : 0;
    const options = { addSpecial: false, parseSpecial: false };
    left -= (await service.tokenize(recipe, tell(pair, form), options)).length + marks;
    if (left < 0) break;
    fitting.unshift(pair);
  }
  return fitting;
}

/** A question with examples before it. */
export function withExamples(
  question: string,
  pairs: readonly AnsweredPair[],
  form: ExampleForm,
): Prompt {
  const asked: ChatMessage = { role: 'user', content: question };
  if (pairs.length === 0) return question;
  if (form === 'turns') return { messages: [...pairs.flatMap(toTurns), asked] };
  const content = [...pairs.map((pair) => tell(pair, form)), instruction].join('\n');
  return { messages: [{ role: 'system', content }, asked] };
}

function tell(pair: AnsweredPair, form: ExampleForm): string {
  const { preferred, other } = decided(pair);
  if (form === 'turns') return `${pair.prompt} ${preferred}`;
  return `Question: ${pair.prompt}\nPreferred: ${preferred}\nNot preferred: ${other}`;
}

/** The preferred answer alone, as if it had been given. */
function toTurns(pair: AnsweredPair): ChatMessage[] {
  return [
    { role: 'user', content: pair.prompt },
    { role: 'assistant', content: decided(pair).preferred },
  ];
}

function decided({ first, second, outcome }: AnsweredPair) {
  return outcome === 'first'
    ? { preferred: first, other: second }
    : { preferred: second, other: first };
}
