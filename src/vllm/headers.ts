import { describeModel, readModelHeader, type GgufHeader } from '../gguf/index.ts';
import { modelPath, type RecipeModel } from '../recipe/index.ts';
import type { TokenId } from '../spec/index.ts';

/** What matters of a model's header. */
export interface ModelFacts {
  readonly name: string;
  /** Tokens that it was trained to read. */
  readonly longest: number;
  /** Spellings by id; empty if the header has none. */
  readonly tokens: readonly string[];
  /** What the tokenizer puts before every prompt; `null` is nothing. */
  readonly bos: string | null;
  /** Tokens that end an answer. */
  readonly ends: readonly TokenId[];
}

export async function readFacts({ name, source }: RecipeModel): Promise<ModelFacts> {
  const header = await readModelHeader(modelPath(source));
  const longest = describeModel(header).contextLength ?? Infinity;
  const tokens = tokensOf(header);
  return { name, longest, tokens, bos: bosOf(header, tokens), ends: endsOf(header) };
}

function bosOf({ metadata }: GgufHeader, tokens: readonly string[]): string | null {
  if (metadata.get('tokenizer.ggml.add_bos_token')?.value !== true) return null;
  const id = metadata.get('tokenizer.ggml.bos_token_id')?.value;
  return typeof id === 'number' ? (tokens[id] ?? null) : null;
}

function tokensOf({ metadata }: GgufHeader): readonly string[] {
  const given = metadata.get('tokenizer.ggml.tokens');
  return given?.type === 'array' && given.elementType === 'string' ? given.value : [];
}

function endsOf({ metadata }: GgufHeader): TokenId[] {
  const ids = ['eos', 'eot', 'eom'].map(
    (role) => metadata.get(`tokenizer.ggml.${role}_token_id`)?.value,
  );
  return [...new Set(ids.filter((id): id is TokenId => typeof id === 'number'))];
}

/**
 * Why rows of `other` cannot be added to those of `base` by id; `null` if they can. One of them may have more tokens at its
 * end: those of the pair are dropped, those of the base not steered.
 */
export function vocabularyRefusal(base: ModelFacts, other: ModelFacts): string | null {
  const shared = Math.min(base.tokens.length, other.tokens.length);
  for (let id = 0; id < shared; id++) {
    if (base.tokens[id] === other.tokens[id]) continue;
    const [here, there] = [base.tokens[id], other.tokens[id]].map((token) => JSON.stringify(token));
    return (
      `models.${other.name}: token ${id} is ${there}, and ${here} in ${base.name}; the plugin adds rows of logits by ids, ` +
      'so the pair needs the tokenizer of the base, in its order.'
    );
  }
  if (shared > 0) return null;
  return `models.${other.name}: there are no tokens to compare in its header, or in that of ${base.name}.`;
}
