/** A byte that UTF-8 never has, in front of how a control token is spelled. */
export const controlMark = 0xff;

/**
 * What stands for a control token among the bytes of texts: no text can spell it, as pieces with the mark are left out of
 * vocabularies.
 */
export function controlPiece(label: string): Uint8Array {
  return Uint8Array.of(controlMark, ...new TextEncoder().encode(label));
}
