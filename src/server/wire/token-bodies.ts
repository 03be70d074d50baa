import { z } from '@hono/zod-openapi';

import { InvalidOptionError, type Prompt } from '../../spec/index.ts';
import { continuationFields, messagesField, toConversation } from './chat-body.ts';
import { modelField } from './generation-fields.ts';
import { refusedFields } from './parameters.ts';
import { toolFields } from './tool-fields.ts';
import { oneOf, strictObject, wellFormedText, tokenIds } from './validation.ts';

/** Of clients of vLLM, which say how a chat is rendered. */
const refusedOfTokenize = {
  return_token_strs: { reason: 'POST /detokenize gives the text of tokens.', neutral: [false] },
};

/** `POST /tokenize`. */
export const tokenizeBody = strictObject({
  model: modelField,
  content: wellFormedText.nullish(),
  prompt: wellFormedText
    .nullish()
    .openapi({ description: '`content`, as clients of vLLM say it.' }),
  add_special: z
    .boolean()
    .nullish()
    .openapi({ description: 'Add BOS and EOS. Default: false of content, true of prompt.' }),
  add_special_tokens: z
    .boolean()
    .nullish()
    .openapi({ description: '`add_special`, as clients of vLLM say it.' }),
  parse_special: z
    .boolean()
    .nullish()
    .openapi({ description: 'Read <|im_end|> and its like as control tokens. Default: true.' }),
  messages: messagesField
    .nullish()
    .openapi({ description: 'In place of a text: the prompt that a chat of them is.' }),
  tools: toolFields.tools,
  ...continuationFields,
  ...refusedFields(refusedOfTokenize),
}).openapi('TokenizeRequest');

/** `POST /detokenize`. */
export const detokenizeBody = strictObject({ model: modelField, tokens: tokenIds }).openapi(
  'DetokenizeRequest',
);

/** A text, or a prompt as a chat has it. */
type TokenizeRequest =
  | {
      readonly text: string;
      readonly options: { readonly addSpecial: boolean; readonly parseSpecial: boolean };
    }
  | { readonly prompt: Prompt };

/** @throws InvalidOptionError for no text, for both kinds, and for anything said under both of its names. */
export function toTokenizeRequest(body: z.output<typeof tokenizeBody>): TokenizeRequest {
  const given = oneOf(body, 'content', 'prompt');
  if (body.messages != null) {
    const ofTexts = ['content', 'prompt', 'add_special', 'parse_special'] as const;
    const second = ofTexts.find((name) => body[name] != null);
    if (second === undefined)
      return { prompt: toConversation({ ...body, messages: body.messages }) };
    throw new InvalidOptionError(second, `${second} is of a text, and messages are a chat.`);
  }
  if (given === undefined) {
    throw new InvalidOptionError(
      'content',
      'content is missing: give the text to tokenize, or the messages of a chat.',
    );
  }
  return {
    text: given,
    options: {
      addSpecial: oneOf(body, 'add_special', 'add_special_tokens') ?? body.prompt != null,
      parseSpecial: body.parse_special ?? true,
    },
  };
}
