import type { TokenList } from '../compose/index.ts';
import type { GgufHeader } from '../gguf/index.ts';
import type { TokenId } from '../spec/index.ts';

/** `tokenizer.ggml.token_type`, as in llama.h. */
const tokenTypes = { unknown: 2, control: 3, unused: 5 } as const;

/** Special tokens that end an answer, by their roles in a header. */
const endRoles = ['eos', 'eot', 'eom'] as const;

const noBytes = new Uint8Array(0);

/**
 * The tokens that a header names, to be compared with those of another: pieces are their spellings, which are the same
 * where tokens are. Ends are those that the header names. `null` if it has no tokens.
 */
export function tokensOfHeader({ metadata }: GgufHeader): TokenList | null {
  const spellings = metadata.get('tokenizer.ggml.tokens');
  if (spellings?.type !== 'array' || spellings.elementType !== 'string') return null;
  const labels = spellings.value;
  const given = metadata.get('tokenizer.ggml.token_type');
  const types = given?.type === 'array' ? given.value.map(Number) : [];
  const idOf = (role: string): TokenId | null => {
    const id = metadata.get(`tokenizer.ggml.${role}_token_id`);
    return typeof id?.value === 'number' && id.value < labels.length ? id.value : null;
  };
  const isControl = (id: TokenId): boolean =>
    types[id] === tokenTypes.control || types[id] === tokenTypes.unknown;
  const ends = new Set(endRoles.flatMap((role) => idOf(role) ?? []));
  const encoder = new TextEncoder();
  return {
    size: labels.length,
    special: {
      bos: idOf('bos'),
      eos: idOf('eos'),
      endOfGeneration: [...ends].toSorted((a, b) => a - b),
      addBos: false,
    },
    label: (id) => labels[id]!,
    isControl,
    piece: (id) =>
      isControl(id) || types[id] === tokenTypes.unused ? noBytes : encoder.encode(labels[id]),
  };
}
