import { loadModel } from '../../src/llama/index.ts';

/** How an inflated model's logits compare with those of the model that it was made of. */
export interface Likeness {
  readonly positions: number;
  /** Of the tokens that both have. */
  readonly sameBits: boolean;
  /** Largest difference of a log-prob of these, in nats, the inflated one's over its whole vocabulary. */
  readonly nats: number;
  /** Lowest and highest logit of a token that only the inflated one has. */
  readonly padding: { readonly lowest: number; readonly highest: number };
}

/** Reads a text by both, in one piece. */
export async function compareModels(
  source: string,
  inflated: string,
  text: string,
): Promise<Likeness> {
  const rows = await readRows(source, text);
  const inflatedRows = await readRows(inflated, text);
  const padding = { lowest: Infinity, highest: -Infinity };
  let [sameBits, nats] = [true, 0];
  for (const [i, row] of rows.entries()) {
    const other = inflatedRows[i]!;
    const [logZ, otherLogZ] = [logSumExp(row), logSumExp(other)];
    for (const [tokenId, logit] of row.entries()) {
      sameBits &&= Object.is(logit, other[tokenId]);
      nats = Math.max(nats, Math.abs(logit - logZ - (other[tokenId]! - otherLogZ)));
    }
    for (const logit of other.subarray(row.length)) {
      padding.lowest = Math.min(padding.lowest, logit);
      padding.highest = Math.max(padding.highest, logit);
    }
  }
  return { positions: rows.length, sameBits, nats, padding };
}

async function readRows(file: string, text: string): Promise<Float32Array[]> {
  using model = await loadModel(file, {});
  const tokens = model.vocabulary.tokenize(text, { addSpecial: true, parseSpecial: true });
  using context = await model.createContext({
    contextLength: tokens.length,
    maxSequences: 1,
    batchSize: tokens.length,
    maxRows: tokens.length,
    threads: 1,
    flashAttention: false,
    kvType: 'f16',
  });
  using sequence = context.createSequence();
  const [read] = await context.extend([{ sequence, tokens, rows: 'all' }]);
  return read!.rows.map((row) => row.slice());
}

function logSumExp(row: Float32Array): number {
  const most = row.reduce((max, value) => Math.max(max, value), -Infinity);
  return most + Math.log(row.reduce((sum, value) => sum + Math.exp(value - most), 0));
}
