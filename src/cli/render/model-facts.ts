import type { GgufHeader, ModelDescription } from '../../gguf/index.ts';
import { escapeLine } from './escape.ts';
import { formatBytes, formatCount, formatInteger } from './numbers.ts';

/**
 * What the header of a GGUF file says of its model, by name.
 * @param template - Said of a chat template, if there is one.
 */
export function modelFacts(
  { version, fileSize }: GgufHeader,
  model: ModelDescription,
  template: string,
): (readonly [string, string])[] {
  const { typeBytes, specialTokens } = model;
  const types = typeBytes.map(({ type, bytes }) => `${type} ${formatBytes(bytes)}`);
  const specials = specialTokens.map(
    ({ role, tokenId, spelling }) =>
      `${role} ${tokenId} ${escapeLine(spelling ?? '(no such token)')}`,
  );
  const heads = [...new Set(model.headCounts)].join('–');
  const kvHeads = [...new Set(model.headCountsKv)].join('–');
  const tokenizer = [model.tokenizerModel, model.tokenizerPre].filter((part) => part !== null);
  const parts = model.splitCount > 1 ? `, the first of ${model.splitCount} files` : '';
  return [
    ['file', `GGUF ${version}, ${formatBytes(fileSize)}${parts}`],
    ['architecture', escapeLine(model.architecture)],
    ['parameters', `${formatCount(model.parameterCount)} (${formatInteger(model.parameterCount)})`],
    ...(model.fileType === null ? [] : [['type', model.fileType] as const]),
    ['tensors', types.join(', ') || 'none'],
    ['layers', unlessNull(model.layerCount)],
    ['heads', heads === '' ? 'not said' : `${heads}, ${kvHeads} for keys and values`],
    ['width', unlessNull(model.embeddingLength)],
    ['context', `${unlessNull(model.contextLength)} tokens`],
    [
      'vocabulary',
      `${unlessNull(model.vocabSize)} tokens, ${escapeLine(tokenizer.join(' ')) || 'no tokenizer'}`,
    ],
    ['special tokens', specials.join(', ') || 'none'],
    ['chat template', model.chatTemplate === null ? 'none' : template],
    ['licence', escapeLine(model.license ?? 'not said')],
  ];
}

function unlessNull(value: number | null): string {
  return value === null ? 'unknown' : formatInteger(value);
}
