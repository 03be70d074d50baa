// Loads and uses the variants from one number to another; started by fuzz-headers.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { TrimtabError } from '../../src/index.ts';
import { arrayOfNumbers, arrayOfStrings, string, uint32, writeGguf } from '../../src/gguf/index.ts';
import { loadModel } from '../../src/llama/index.ts';
import { readSubject, tensorsOf, writeVariant, type Subject } from './header-variants.ts';
import { atlasFile } from '../shared/recipes.ts';

const text = 'Where was Camis born?  é 日本 😀\n\n<|user|>\0 x';

/** What a server would do with the file: load it, read and spell tokens, and run the model once. */
async function use(file: string): Promise<string> {
  try {
    using model = await loadModel(file);
    const { vocabulary } = model;
    const tokens = vocabulary.tokenize(text, { addSpecial: true, parseSpecial: true });
    vocabulary.tokenize(text, { addSpecial: false, parseSpecial: false });
    for (let tokenId = 0; tokenId < vocabulary.size; tokenId++) {
      vocabulary.piece(tokenId);
      vocabulary.label(tokenId);
      vocabulary.isControl(tokenId);
    }
    const length = Math.min(16, model.trainedContextLength);
    using context = await model.createContext({
      contextLength: length,
      maxSequences: 2,
      batchSize: 16,
      maxRows: 2,
      threads: 1,
      flashAttention: false,
      kvType: 'f16',
    });
    using sequence = context.createSequence();
    await context.extend([{ sequence, tokens: tokens.slice(0, length - 1), rows: 'last' }]);
    sequence.truncate(1);
    using fork = sequence.fork();
    await context.extend([{ sequence: fork, tokens: tokens.slice(0, 1), rows: 'last' }]);
    return 'used';
  } catch (error) {
    if (error instanceof TrimtabError) return error.code;
    return `no TrimtabError: ${error instanceof Error ? error.stack : String(error)}`;
  }
}

/** The same model with a SentencePiece vocabulary, so that those are tried too. */
async function withSentencePieces(subject: Subject, file: string): Promise<Subject> {
  const { header } = subject;
  const metadata = new Map(header.metadata);
  const tokens = metadata.get('tokenizer.ggml.tokens')!.value as readonly string[];
  const byteTokens = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const spellings = ['<unk>', '<s>', '</s>', ...byteTokens];
  const others = tokens.slice(spellings.length).map((token) => token.replaceAll('Ġ', '▁'));
  const types = [2, 3, 3, ...byteTokens.map(() => 6), ...others.map(() => 1)];
  metadata.set('tokenizer.ggml.model', string('llama'));
  metadata.set('tokenizer.ggml.tokens', arrayOfStrings([...spellings, ...others]));
  metadata.set('tokenizer.ggml.token_type', arrayOfNumbers('int32', types));
  metadata.set(
    'tokenizer.ggml.scores',
    arrayOfNumbers(
      'float32',
      types.map((_, id) => -id),
    ),
  );
  metadata.set('tokenizer.ggml.bos_token_id', uint32(1));
  metadata.set('tokenizer.ggml.eos_token_id', uint32(2));
  metadata.delete('tokenizer.ggml.merges');
  metadata.delete('tokenizer.ggml.pre');
  await writeGguf(file, { metadata, tensors: tensorsOf(subject) });
  return readSubject(file);
}

const [first, end] = process.argv.slice(2).map(Number) as [number, number];
const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-fuzz-'));
try {
  const atlas = await readSubject(atlasFile('small'));
  const pieces = await withSentencePieces(atlas, path.join(folder, 'pieces.gguf'));
  for (let variant = first; variant < end; variant++) {
    const file = path.join(folder, 'variant.gguf');
    const what = await writeVariant(variant % 3 === 2 ? pieces : atlas, variant, file);
    console.log(JSON.stringify({ variant, what }));
    console.log(JSON.stringify({ variant, outcome: await use(file) }));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
