import type { ChatRenderer } from '../../prompt/index.ts';
import type { Recipe, RecipeModel } from '../../recipe/index.ts';
import type { ChatMessage, LanguageModel, TokenId, Vocabulary } from '../../spec/index.ts';
import { readConversation } from '../request/read-conversation.ts';
import { modelUses } from './model-uses.ts';
import { withTemplate } from './template-views.ts';

/** Text of a prompt, or one control token by its spelling, such as `<|im_start|>`. */
export interface PromptPart {
  readonly text: string;
  readonly isControl: boolean;
}

const sample: readonly ChatMessage[] = [
  { role: 'user', content: 'What is a trim tab?' },
  { role: 'assistant', content: 'A small surface on a rudder.' },
  { role: 'user', content: 'What is it for?' },
];

/**
 * A short conversation as one of a recipe's models reads it.
 * @param files - By the models' names; those that could not be read are absent.
 * @throws RecipeError, TemplateError
 */
export async function samplePrompt(
  recipe: Recipe,
  written: RecipeModel,
  files: ReadonlyMap<string, LanguageModel>,
  renderer: ChatRenderer,
): Promise<PromptPart[]> {
  const { name } = written;
  const declaration = withTemplate(recipe, written, files, modelUses(recipe).withRows.has(name));
  const weights = files.get(name)!;
  const room = { name, contextLength: Infinity };
  const seeing = { declaration, weights };
  const tokens = await readConversation({ messages: sample }, seeing, room, renderer, undefined);
  return toParts(weights.vocabulary, tokens);
}

function toParts(vocabulary: Vocabulary, tokens: readonly TokenId[]): PromptPart[] {
  const parts: PromptPart[] = [];
  let pieces: Uint8Array[] = [];
  const endText = () => {
    const text = Buffer.concat(pieces).toString('utf8');
    pieces = [];
    if (text !== '') parts.push({ text, isControl: false });
  };
  for (const tokenId of tokens) {
    if (!vocabulary.isControl(tokenId)) {
      pieces.push(vocabulary.piece(tokenId));
      continue;
    }
    endText();
    parts.push({ text: vocabulary.label(tokenId), isControl: true });
  }
  endText();
  return parts;
}
