import { loadModel } from '../../src/llama/index.ts';
import { createChatRenderer } from '../../src/prompt/index.ts';
import type { ChatMessage } from '../../src/spec/index.ts';

/** What a model says of the tokens of answers. */
export interface Reading {
  /** Log-probs `[positions × vocabulary]`. */
  readonly rows: Float32Array;
  readonly positions: number;
  readonly vocabSize: number;
  /** Of the model's tensors. */
  readonly bytes: number;
}

/** A conversation whose answer is given. */
export interface Conversation {
  readonly system: string;
  readonly question: string;
  readonly answer: string;
}

export interface ReadingOptions {
  readonly conversations: readonly Conversation[];
  /** Whether the model sees the system prompts. */
  readonly isPrompted: boolean;
  /** Of all answers together, at most. */
  readonly positions: number;
  readonly threads: number;
}

/** Rows of one decode, so that every file's are computed in the same pieces. */
const rowsAtOnce = 32;

/** Reads the beginnings of the answers. */
export async function readAnswers(
  file: string,
  { conversations, isPrompted, positions, threads }: ReadingOptions,
): Promise<Reading> {
  using model = await loadModel(file);
  const { vocabulary, chatTemplate, weightBytes: bytes } = model;
  await using renderer = createChatRenderer();
  using context = await model.createContext({
    contextLength: 1024,
    maxSequences: 1,
    batchSize: 512,
    maxRows: rowsAtOnce,
    threads,
    flashAttention: false,
    kvType: 'f32',
  });
  const rows: Float32Array[] = [];
  for (const { system, question, answer } of conversations) {
    const messages: ChatMessage[] = [{ role: 'user', content: question }];
    if (isPrompted) messages.unshift({ role: 'system', content: system });
    const text = await renderer.render({ template: chatTemplate!, messages });
    const prompt = vocabulary.tokenize(text, { addSpecial: false, parseSpecial: true });
    const tokens = vocabulary
      .tokenize(answer, { addSpecial: false, parseSpecial: false })
      .slice(0, Math.floor(positions / conversations.length));
    using sequence = context.createSequence();
    await context.extend([{ sequence, tokens: prompt.slice(0, -1), rows: 'none' }]);
    const read = [prompt.at(-1)!, ...tokens.slice(0, -1)];
    for (let at = 0; at < read.length; at += rowsAtOnce) {
      const part = read.slice(at, at + rowsAtOnce);
      const [given] = await context.extend([{ sequence, tokens: part, rows: 'all' }]);
      for (const row of given!.rows) rows.push(row.slice());
    }
  }
  const { size: vocabSize } = vocabulary;
  const joined = new Float32Array(rows.length * vocabSize);
  for (const [i, row] of rows.entries()) {
    toLogprobs(row);
    joined.set(row, i * vocabSize);
  }
  return { rows: joined, positions: rows.length, vocabSize, bytes };
}

export function toLogprobs(row: Float32Array): void {
  let max = -Infinity;
  for (const value of row) if (value > max) max = value;
  let sum = 0;
  for (const value of row) sum += Math.exp(value - max);
  const norm = max + Math.log(sum);
  for (let i = 0; i < row.length; i++) row[i]! -= norm;
}
