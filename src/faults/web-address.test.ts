import { expect, it } from 'vitest';

import { addressHint } from './web-address.ts';

it.each([
  [
    'https://example.org/a.gguf',
    'a model of the Hugging Face hub with `trimtab pull hf:owner/name:Q4_K_M`',
  ],
  ['http:/example.org/a.gguf', 'This is a web address'],
  ['https://huggingface.co/ann/tiny-GGUF', '`trimtab pull hf:owner/name:Q4_K_M`'],
  [
    'https://huggingface.co/ann/tiny-GGUF/resolve/main/sub/tiny-q8_0.gguf?download=true',
    'fetch it with `trimtab pull hf:ann/tiny-GGUF/sub/tiny-q8_0.gguf`',
  ],
  ['https:/hf.co/ann/tiny/blob/v1/tiny.gguf', '`trimtab pull hf:ann/tiny/tiny.gguf@v1`'],
])('says what to do about %s', (path, hint) => {
  expect(addressHint(path)).toContain(hint);
});

it.each(['a.gguf', '/models/https.gguf', 'hf:ann/tiny', 'ftp.yaml', ''])(
  'leaves %j alone',
  (path) => {
    expect(addressHint(path)).toBe('');
  },
);
