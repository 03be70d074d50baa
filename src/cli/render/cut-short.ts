import type { GenerationResult } from '../../index.ts';
import { formatInteger } from './numbers.ts';

/**
 * What ended an answer before its own end; nothing if that is what ended it.
 * @param maxTokens - What was asked for at most.
 */
export function renderCut(
  { finishReason, usage }: Pick<GenerationResult, 'finishReason' | 'usage'>,
  maxTokens: number | undefined,
): string[] {
  if (finishReason !== 'length') return [];
  const { completionTokens } = usage;
  if (maxTokens !== undefined && completionTokens >= maxTokens) {
    return [`stopped at --max-tokens ${maxTokens}`];
  }
  return [`stopped after ${formatInteger(completionTokens)} tokens: the context is full`];
}
