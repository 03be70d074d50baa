import { z } from '@hono/zod-openapi';

import { InvalidOptionError } from '../../spec/index.ts';
import { modelField } from './generation-fields.ts';
import { oneOf, strictObject, wellFormedText, tokenIds } from './validation.ts';

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
}).openapi('TokenizeRequest');

/** `POST /detokenize`. */
export const detokenizeBody = strictObject({ model: modelField, tokens: tokenIds }).openapi(
  'DetokenizeRequest',
);

interface TokenizeRequest {
  readonly text: string;
  readonly addSpecial: boolean;
  readonly parseSpecial: boolean;
}

/** @throws InvalidOptionError for no text, and for anything said under both of its names. */
export function toTokenizeRequest(body: z.output<typeof tokenizeBody>): TokenizeRequest {
  const given = oneOf(body, 'content', 'prompt');
  if (given === undefined) {
    throw new InvalidOptionError('content', 'content is missing: give the text to tokenize.');
  }
  return {
    text: given,
    addSpecial: oneOf(body, 'add_special', 'add_special_tokens') ?? body.prompt != null,
    parseSpecial: body.parse_special ?? true,
  };
}
