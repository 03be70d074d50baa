import { mapTokens, mapTokensToBase } from '../../compose/index.ts';
import { checkConversation } from '../../options/index.ts';
import type { ChatRenderer } from '../../prompt/index.ts';
import {
  InvalidOptionError,
  type ChatPrompt,
  type ModelContext,
  type Prompt,
  type TokenId,
} from '../../spec/index.ts';
import type { ViewedModel } from '../decode/task-lanes.ts';
import type { LoadedModel, ScalarModel } from '../load/models.ts';
import { readConversation } from './read-conversation.ts';
import { tokenizeFitting, tooLong, type Room } from './tokenize-fitting.ts';

/** What a prompt's view depends on. */
interface Viewing extends Pick<LoadedModel | ScalarModel, 'declaration' | 'weights' | 'alignment'> {
  readonly context: Pick<ModelContext, 'contextLength'>;
}

/** What a request's views have in common. */
export interface ViewOptions {
  readonly renderer: ChatRenderer;
  /** A value for every param of the recipe; none where skills are left out. */
  readonly params: Readonly<Record<string, number>> | null;
  readonly signal?: AbortSignal | undefined;
}

/** A model with the prompt as it sees it, and as much of its skills as the params say. @throws InvalidOptionError, TemplateError, ContextLengthError */
export async function viewModel(
  prompt: Prompt,
  model: LoadedModel,
  { renderer, params, signal }: ViewOptions,
): Promise<ViewedModel> {
  const { name } = model.declaration;
  const mixture = model.skills.map((skill) => (skill === null ? 0 : (params?.[skill] ?? 0)));
  return { name, model, mixture, prompt: await viewPrompt(prompt, model, renderer, signal) };
}

/** The prompt as one model sees it. @throws InvalidOptionError, TemplateError, ContextLengthError */
export async function viewPrompt(
  prompt: Prompt,
  model: Viewing,
  renderer: ChatRenderer,
  signal?: AbortSignal,
): Promise<TokenId[]> {
  const { name } = model.declaration;
  const { contextLength } = model.context;
  const room = { name, contextLength };
  const tokens = await tokensOf(prompt, model, room, renderer, signal);
  if (tokens.length === 0) {
    throw new InvalidOptionError(
      'prompt',
      `The prompt is empty for ${JSON.stringify(name)}: give at least one token.`,
    );
  }
  if (tokens.length >= contextLength) throw tooLong(tokens.length, room);
  return tokens;
}

function tokensOf(
  prompt: Prompt,
  model: Viewing,
  room: Room,
  renderer: ChatRenderer,
  signal: AbortSignal | undefined,
): Promise<TokenId[]> | TokenId[] {
  const { vocabulary } = model.weights;
  if (typeof prompt === 'object' && 'tokens' in prompt) {
    if (prompt.tokens.length > room.contextLength) throw tooLong(prompt.tokens.length, room);
    return mapTokens(
      model.alignment,
      checkTokens('prompt.tokens', prompt.tokens, model.alignment.baseSize),
    );
  }
  if (typeof prompt === 'object' && 'text' in prompt) {
    const options = { addSpecial: true, parseSpecial: true, signal };
    return tokenizeFitting(vocabulary, checkText(prompt.text), options, room);
  }
  const said: ChatPrompt =
    typeof prompt === 'string'
      ? { messages: [{ role: 'user', content: checkText(prompt) }] }
      : prompt;
  // Every message is a token at least.
  const count = Array.isArray(said.messages) ? said.messages.length : 0;
  if (count > room.contextLength) throw tooLong(count, room, 'at least ');
  checkConversation(said);
  return readConversation(said, model, room, renderer, signal);
}

function checkText(text: string): string {
  if (typeof text === 'string') return text;
  throw new InvalidOptionError('prompt', `prompt must be a string, not ${typeof text}.`);
}

/** @throws InvalidOptionError for an id that the vocabulary has not. */
export function checkTokens(
  option: string,
  tokens: readonly TokenId[],
  size: number,
): readonly TokenId[] {
  for (const [index, tokenId] of tokens.entries()) {
    if (!Number.isInteger(tokenId) || tokenId < 0 || tokenId >= size) {
      throw new InvalidOptionError(
        `${option}[${index}]`,
        `${option}[${index}] is ${tokenId}; the vocabulary has the ids 0 to ${size - 1}.`,
      );
    }
  }
  return tokens;
}

/** Every model's end-of-generation tokens, as the base's. */
export function endOfGeneration(models: Iterable<LoadedModel>): ReadonlySet<TokenId> {
  const tokens = new Set<TokenId>();
  for (const { alignment, weights } of models) {
    const own = weights.vocabulary.special.endOfGeneration;
    for (const tokenId of mapTokensToBase(alignment, own)) tokens.add(tokenId);
  }
  return tokens;
}
