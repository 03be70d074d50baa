import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { attributeValue, readAttributes } from '../support/atlas-attributes.ts';
import { dequantizeFile } from '../../src/gguf/index.ts';
import { loadModel } from '../../src/llama/index.ts';
import { readRewardHead } from '../../src/reward/index.ts';
import type { ExtensionRows, Logits, TokenId } from '../../src/spec/index.ts';
import { exactContext, temporaryFolder } from '../support/random-models.ts';

// What PyTorch computed from the weights of the shipped reward models (Q8_0, dequantised), against
// llama.cpp and our heads. All in F32 with an F32 cache: only the order of additions differs.

interface Case {
  readonly text: string;
  readonly prompt: readonly TokenId[];
  readonly answer: readonly TokenId[];
  /** A value of each head at each token of the answer. */
  readonly values: Readonly<Record<'reward' | 'judge', readonly (readonly number[])[]>>;
  /** The best next tokens by the one-call model, after `length` tokens of the answer. */
  readonly next: readonly {
    readonly length: number;
    readonly best: readonly TokenId[];
    readonly values: readonly number[];
  }[];
  /** Of each token of the answer, by the autoregressive model. */
  readonly logprobs: readonly number[];
}

interface Golden {
  readonly models: Readonly<Record<string, { readonly file: string; readonly sha256: string }>>;
  readonly heads: readonly string[];
  readonly cases: readonly Case[];
}

const root = path.resolve(import.meta.dirname, '../..');
const readGolden = async <T>(name: string) =>
  JSON.parse(await readFile(path.join(root, 'test/golden', name), 'utf8')) as T;

let golden: Golden;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  golden = await readGolden<Golden>('rewards.json');
  folder = await temporaryFolder();
});

afterAll(() => folder[Symbol.asyncDispose]());

/** Rows and hidden states at every token of each case's prompt and answer. */
async function readCases(
  name: string,
  check: (given: Case, result: ExtensionRows<Logits>) => void,
): Promise<void> {
  const file = path.join(folder.path, `${name}.gguf`);
  await dequantizeFile(path.join(root, golden.models[name]!.file), file);
  using model = await loadModel(file);
  using context = await model.createContext({
    ...exactContext,
    contextLength: 512,
    kvType: 'f32',
    hiddenStates: true,
  });
  for (const given of golden.cases) {
    const tokens = [...given.prompt, ...given.answer];
    const ids = model.vocabulary.tokenize(given.text, { addSpecial: true, parseSpecial: true });
    expect([...ids, 0]).toEqual(tokens);
    using sequence = context.createSequence();
    const [result] = await context.extend([{ sequence, tokens, rows: 'all' }]);
    check(given, result!);
  }
}

function logprob(row: Logits, tokenId: TokenId): number {
  const sum = row.reduce((total, x) => total + Math.exp(x - row[tokenId]!), 0);
  return -Math.log(sum);
}

describe('the shipped reward models', () => {
  it('are those of the golden values', async () => {
    for (const { file, sha256 } of Object.values(golden.models)) {
      const bytes = await readFile(path.join(root, file));
      expect([file, createHash('sha256').update(bytes).digest('hex')]).toEqual([file, sha256]);
    }
  });

  it.each(['reward', 'judge'] as const)('%s: four heads at every token', async (name) => {
    const modelFile = path.join(root, golden.models[name]!.file);
    const heads = await Promise.all(
      golden.heads.map((head) => readRewardHead({ modelFile, headFile: null, head })),
    );
    await readCases(name, ({ prompt, values }, { hiddenStates }) => {
      for (const [i, expected] of values[name].entries()) {
        const state = hiddenStates[prompt.length + i]!;
        for (const [h, head] of heads.entries()) {
          expect(head.value(state)).toBeCloseTo(expected[h]!, 4);
        }
      }
    });
  });

  it('reward-next: the value of every next token in one row', async () => {
    await readCases('reward-next', ({ prompt, next }, { rows }) => {
      for (const { length, best, values } of next) {
        const row = rows[prompt.length - 1 + length]!;
        for (const [i, tokenId] of best.entries()) expect(row[tokenId]).toBeCloseTo(values[i]!, 4);
        const others = row.filter((_, tokenId) => !best.includes(tokenId));
        expect(Math.max(...others)).toBeLessThan(values.at(-1)! + 1e-4);
      }
    });
  });

  it('reward-auto: the log-probability of every token', async () => {
    await readCases('reward-auto', ({ prompt, answer, logprobs }, { rows }) => {
      for (const [i, expected] of logprobs.entries()) {
        const row = rows[prompt.length - 1 + i]!;
        expect(logprob(row, answer[i]!)).toBeCloseTo(expected, 3);
      }
    });
  });
});

it('attributes of texts are those that training measured', async () => {
  const { texts } = await readGolden<{
    texts: readonly { readonly text: string; readonly values: Readonly<Record<string, number>> }[];
  }>('attributes.json');
  const attributes = await readAttributes();
  for (const { text, values } of texts) {
    for (const [name, expected] of Object.entries(values)) {
      expect([text, name, attributeValue(attributes[name]!, text)]).toEqual([
        text,
        name,
        expect.closeTo(expected, 9),
      ]);
    }
  }
});
