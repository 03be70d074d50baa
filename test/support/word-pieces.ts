/** Different words of two to eight small letters, half of them behind a space, as a vocabulary has them. */
export function wordPieces(count: number): readonly Uint8Array[] {
  const words = new Set<string>();
  for (let i = 0; words.size < count; i++) {
    let word = i % 2 === 0 ? ' ' : '';
    for (let rest = i + 26; rest > 0; rest = Math.floor(rest / 26)) {
      word += String.fromCodePoint(97 + ((rest * 7 + word.length * 3) % 26));
    }
    words.add(word);
  }
  return [...words].map((word) => new TextEncoder().encode(word));
}
