import type { TokenId } from '../spec/index.ts';

/** A token and its bytes, of which there is at least one. */
export interface SpelledToken {
  readonly tokenId: TokenId;
  readonly bytes: Uint8Array;
}

/**
 * Tokens by their bytes, as a tree laid out in preorder: node 0 is the root, the nodes below `node` are
 * those up to `ends[node]`, and a walk is one pass over the arrays that jumps over what is refused.
 */
export interface TokenTrie {
  /** By node: the byte that leads to it. */
  readonly bytes: Uint8Array;
  /** By node: bytes from the root. */
  readonly depths: Uint32Array;
  /** By node: the node after the last one below it. */
  readonly ends: Int32Array;
  /** By node: where its tokens begin in `tokens`; they end where the next node's begin. */
  readonly firsts: Int32Array;
  readonly tokens: Int32Array;
}

/** @param tokens - In any order. Several may have the same bytes. */
export function createTokenTrie(tokens: readonly SpelledToken[]): TokenTrie {
  const sorted = tokens
    .map(({ tokenId, bytes }) => ({ tokenId, bytes, text: toLatin1(bytes) }))
    .toSorted((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)));
  const capacity = 1 + sorted.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const bytes = new Uint8Array(capacity);
  const depths = new Uint32Array(capacity);
  const ends = new Int32Array(capacity);
  const firsts = new Int32Array(capacity + 1);
  const path = [0]; // nodes from the root to the last token
  let count = 1;
  let previous: Uint8Array = new Uint8Array(0);
  for (const [i, token] of sorted.entries()) {
    const shared = sharedLength(previous, token.bytes);
    for (const node of path.splice(shared + 1)) ends[node] = count;
    for (let depth = shared; depth < token.bytes.length; depth++) {
      bytes[count] = token.bytes[depth]!;
      depths[count] = depth + 1;
      firsts[count] = i;
      path.push(count++);
    }
    previous = token.bytes;
  }
  for (const node of path) ends[node] = count;
  firsts[count] = sorted.length;
  return {
    bytes: bytes.slice(0, count),
    depths: depths.slice(0, count),
    ends: ends.slice(0, count),
    firsts: firsts.slice(0, count + 1),
    tokens: Int32Array.from(sorted, ({ tokenId }) => tokenId),
  };
}

/** The node that `byte` leads to from `node`, or -1. */
export function childOf(trie: TokenTrie, node: number, byte: number): number {
  const end = trie.ends[node]!;
  for (let child = node + 1; child < end; child = trie.ends[child]!) {
    const next = trie.bytes[child]!;
    if (next === byte) return child;
    if (next > byte) return -1;
  }
  return -1;
}

function sharedLength(a: Uint8Array, b: Uint8Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

function toLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
