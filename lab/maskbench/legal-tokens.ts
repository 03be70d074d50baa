import { createConstraintState, type CompiledConstraint } from '../../src/grammar/index.ts';
import type { ConstraintState, TokenId, Vocabulary } from '../../src/spec/index.ts';
import { byteVocabulary } from '../../test/support/byte-vocabulary.ts';

const bytes = byteVocabulary();

/** Tokens by their bytes. */
interface Branch {
  readonly tokens: TokenId[];
  readonly next: Map<number, Branch>;
}

/** All tokens that are text. */
export function branchesOf(vocabulary: Vocabulary): Branch {
  const root: Branch = { tokens: [], next: new Map() };
  for (let tokenId = 0; tokenId < vocabulary.size; tokenId++) {
    if (vocabulary.isControl(tokenId)) continue;
    let branch = root;
    const piece = vocabulary.piece(tokenId);
    for (const byte of piece) {
      const following = branch.next.get(byte) ?? { tokens: [], next: new Map<number, Branch>() };
      branch.next.set(byte, following);
      branch = following;
    }
    branch.tokens.push(tokenId);
  }
  return root;
}

/** An answer on its way, of which every next token is tried byte by byte: no mask of tokens, nor anything that is remembered of them. */
export function createReference(compiled: CompiledConstraint): {
  accept(piece: Uint8Array): void;
  legal(branches: Branch): Set<TokenId>;
} {
  const state = createConstraintState(compiled, bytes);
  return {
    accept: (piece) => piece.forEach((byte) => state.accept(byte)),
    legal: (branches) => {
      const legal = new Set<TokenId>();
      collect(state, branches, legal);
      return legal;
    },
  };
}

function collect(state: ConstraintState, { tokens, next }: Branch, legal: Set<TokenId>): void {
  for (const tokenId of tokens) legal.add(tokenId);
  const { length } = state;
  for (const [byte, branch] of next) {
    if (!state.allows(byte, Infinity)) continue;
    state.accept(byte);
    collect(state, branch, legal);
    state.truncate(length);
  }
}
