const magics: readonly (readonly [start: string, kind: string])[] = [
  ['version https://git-lfs', 'a Git LFS pointer: run `git lfs pull` to fetch the file itself'],
  ['<!DOCTYPE', 'a web page: the download was answered with HTML, perhaps a login or error page'],
  ['<!doctype', 'a web page: the download was answered with HTML, perhaps a login or error page'],
  ['<html', 'a web page: the download was answered with HTML, perhaps a login or error page'],
  ['PK\u0003\u0004', 'a zip archive, such as a PyTorch checkpoint: convert the model to GGUF'],
  ['\u001f\u008b', 'gzip-compressed: unpack it first'],
  ['lmgg', 'a GGML file from before GGUF: convert the model again'],
  ['tjgg', 'a GGJT file from before GGUF: convert the model again'],
  ['fmgg', 'a GGMF file from before GGUF: convert the model again'],
  ['algg', 'a GGLA adapter from before GGUF: convert it again'],
  ['{', 'JSON text, perhaps a configuration file beside the model'],
];

/**
 * What a file that is no GGUF seems to be, by its first bytes, and what to do about it; or its
 * first four bytes if it is nothing known.
 */
export function describeForeignFile(start: Uint8Array): string {
  const text = Buffer.from(start).toString('latin1');
  const known = magics.find(([magic]) => text.startsWith(magic));
  if (known !== undefined) return `It looks like ${known[1]}.`;
  // safetensors: a 64-bit length of at most 100 MB, then JSON.
  if (text.length > 8 && text[8] === '{' && text.slice(5, 8) === '\0\0\0') {
    return 'It looks like a safetensors file: convert the model to GGUF.';
  }
  const bytes = [...start.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `It starts with the bytes ${bytes.join(' ')}: give a GGUF model file.`;
}
