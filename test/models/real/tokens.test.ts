// The tokens of real models against those of Hugging Face's tokenizers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { loadModel, type LlamaModel } from '../../../src/llama/index.ts';
import { hardTexts } from '../../support/hard-texts.ts';
import { findPython, runPython } from '../../support/python.ts';
import { findRealModel } from '../../support/real-models.ts';

/** In what llama.cpp, and so we, differ from the model's own tokenizer. */
interface Differences {
  /** What the model's own tokenizer does to a text first. */
  readonly normalize?: (text: string) => string;
  /**
   * llama.cpp takes `</s>` for a control token wherever a vocabulary has it, whatever the file says: where it is an
   * ordinary token, control tokens differ that are read as such; where it is one of the user's, those read as text.
   */
  readonly closing?: 'control' | 'text';
  /** What comes back from the tokens of a text, both theirs and ours. */
  readonly back?: (text: string) => string;
}

/** SmolLM2's vocabulary has no tokens for these. */
const bytesWithoutToken = new Set('\u0004\u0006\u0013\u0014\u0016\u001D');

const models: Readonly<Record<string, Differences>> = {
  'smollm2-135m-instruct-q4_1': {
    back: (text) => Array.from(text, (each) => (bytesWithoutToken.has(each) ? '' : each)).join(''),
  },
  'qwen2.5-coder-0.5b-instruct-q4_k_m': {
    normalize: (text) => text.normalize('NFC'),
    closing: 'control',
  },
  // SentencePiece writes blanks as ▁.
  'gemma-3-270m-base-q4_k_m': {
    closing: 'text',
    back: (text) => text.replaceAll('▁', ' '),
  },
};

const texts = hardTexts(400);
const python = findPython('tokenizers, gguf', "tokens against Hugging Face's tokenizers");

/** Token ids by text, control tokens spelled or read. */
type Encoded = Readonly<Record<'control' | 'text', readonly (readonly number[])[]>>;

describe.skipIf(python === undefined).each(Object.entries(models))('%s', (name, known) => {
  const { normalize = (text) => text, back = (text) => text, closing } = known;
  const file = findRealModel(name, 'its tokens');
  let model: LlamaModel;
  let theirs: Encoded;
  beforeAll(async () => {
    if (file === undefined) return;
    model = await loadModel(file, { vocabularyOnly: true });
    theirs = await runPython(python!, 'encode_texts.py', texts, file);
  });
  afterAll(() => model?.[Symbol.dispose]());

  it.skipIf(file === undefined).each(['control', 'text'] as const)(
    "has the tokens of Hugging Face's tokenizers, control tokens read as %s",
    (kind) => {
      const options = { addSpecial: false, parseSpecial: kind === 'control' };
      const differing = texts.filter((text, i) => {
        const ours = model.vocabulary.tokenize(normalize(text), options);
        return ours.join() !== theirs[kind][i]!.join();
      });
      const expected = texts.filter((text) => kind === closing && text.includes('</s>'));
      expect(differing).toEqual(expected);
      const changed = texts.filter((text) => normalize(text) !== text).length;
      console.log(`${name}: ${changed} of ${texts.length} texts are normalised first`);
    },
  );

  it.skipIf(file === undefined)('says the same text again', () => {
    for (const text of texts) {
      const tokens = model.vocabulary.tokenize(text, { addSpecial: false, parseSpecial: false });
      const bytes = Buffer.concat(tokens.map((id) => model.vocabulary.piece(id)));
      expect(bytes.toString()).toBe(back(text));
    }
  });
});
