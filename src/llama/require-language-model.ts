import type { GgufHeader } from '../gguf/index.ts';
import { ModelLoadError } from '../spec/index.ts';

/**
 * Refuses files that are no language models, though well-formed: llama.cpp loads them, and aborts where
 * they are asked for a token. @throws ModelLoadError
 */
export function requireLanguageModel({ metadata }: GgufHeader, file: string): void {
  const tokenizer = metadata.get('tokenizer.ggml.model')?.value;
  if (tokenizer === 'no_vocab' || tokenizer === 'none') {
    throw new ModelLoadError(`${file} has no vocabulary: it is no model of text.`);
  }
  const architecture = metadata.get('general.architecture');
  if (architecture?.type !== 'string') return;
  if (metadata.get(`${architecture.value}.attention.causal`)?.value === false) {
    throw new ModelLoadError(
      `${file} reads texts in both directions, as embedding models do: it predicts no next token.`,
    );
  }
}
