import { mapTokens, mapTokensToBase } from '../../compose/index.ts';
import type { ChatRenderer } from '../../prompt/index.ts';
import {
  InvalidOptionError,
  type ChatMessage,
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

/** A model with the prompt as it sees it. @throws InvalidOptionError, TemplateError, ContextLengthError */
export async function viewModel(
  prompt: Prompt,
  model: LoadedModel,
  renderer: ChatRenderer,
  signal?: AbortSignal,
): Promise<ViewedModel> {
  const { name } = model.declaration;
  return { name, model, prompt: await viewPrompt(prompt, model, renderer, signal) };
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
  const messages =
    typeof prompt === 'string' ? [{ role: 'user' as const, content: prompt }] : prompt.messages;
  return readConversation(checkMessages(messages, room), model, room, renderer, signal);
}

const roles: readonly string[] = ['system', 'user', 'assistant'] satisfies ChatMessage['role'][];

function checkMessages(messages: readonly ChatMessage[], room: Room): readonly ChatMessage[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new InvalidOptionError(
      'messages',
      'The conversation has no messages: give at least one.',
    );
  }
  // Every message is a token at least.
  if (messages.length > room.contextLength) throw tooLong(messages.length, room, 'at least ');
  for (const [index, { role, content }] of messages.entries()) {
    if (!roles.includes(role)) {
      throw new InvalidOptionError(
        `messages[${index}].role`,
        `messages[${index}].role is ${JSON.stringify(role)}; it must be one of ${roles.join(', ')}.`,
      );
    }
    checkText(content, `messages[${index}].content`);
  }
  return messages;
}

function checkText(text: string, option = 'prompt'): string {
  if (typeof text === 'string') return text;
  throw new InvalidOptionError(option, `${option} must be a string, not ${typeof text}.`);
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
