/** Tokens as a list of ids, or as one bit for every token of the vocabulary: whichever is smaller. */
export type TokenSet =
  | { readonly kind: 'ids'; readonly ids: Int32Array }
  | { readonly kind: 'bits'; readonly bits: Uint32Array };

/** @param known - Bits of tokens that are in it besides. */
export function toTokenSet(ids: readonly number[], words: number, known?: Uint32Array): TokenSet {
  if (known === undefined && ids.length <= words) return { kind: 'ids', ids: Int32Array.from(ids) };
  const bits = known?.slice() ?? new Uint32Array(words);
  for (const id of ids) setBit(bits, id);
  return { kind: 'bits', bits };
}

/** `bits |= set`, over words of 32 tokens. @returns Whether that changes `bits`. */
export function addTokenSet(bits: Uint32Array, set: TokenSet): boolean {
  let added = 0;
  if (set.kind === 'ids') {
    for (let i = 0; i < set.ids.length; i++) {
      const id = set.ids[i]!;
      added |= ~bits[id >>> 5]! & (1 << (id & 31));
      setBit(bits, id);
    }
  } else {
    for (let word = 0; word < bits.length; word++) {
      added |= set.bits[word]! & ~bits[word]!;
      bits[word]! |= set.bits[word]!;
    }
  }
  return added !== 0;
}

export function setBit(bits: Uint32Array, id: number): void {
  bits[id >>> 5]! |= 1 << (id & 31);
}

export function tokenSetBytes(set: TokenSet): number {
  return set.kind === 'ids' ? set.ids.byteLength : set.bits.byteLength;
}

export function isEmpty(bits: Uint32Array): boolean {
  for (let word = 0; word < bits.length; word++) if (bits[word] !== 0) return false;
  return true;
}
