import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeModel } from '../../../test/support/fake-model/fake-model.ts';
import type { FakeModelOptions } from '../../../test/support/fake-model/fake-model-options.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { ContextLengthError, type TokenId } from '../../spec/index.ts';
import { readAnswerFeatures } from './answer-features.ts';

const native = vi.hoisted(() => ({ model: undefined as unknown }));

vi.mock(import('../../llama/index.ts'), async (importOriginal) => {
  const original = await importOriginal();
  const loadModel = async () => native.model;
  return { ...original, loadModel: loadModel as unknown as typeof original.loadModel };
});

const vocabulary = pieceVocabulary(Array.from('abcdef\n', (letter) => Buffer.from(letter)));
const end = vocabulary.special.eos!;
/** Tells apart every text. */
const hiddenState = (tokens: readonly TokenId[]) => {
  const sum = tokens.reduce((total, id) => (total * 13 + id + 1) % 4093, 1);
  return [sum, tokens.length, tokens.at(-1)!, 0];
};

let model: FakeModel;
function use(options: FakeModelOptions = {}): void {
  model = new FakeModel('judge.gguf', { vocabulary, hiddenState, ...options });
  native.model = model;
}
beforeEach(() => use());

const read = (text: string) =>
  vocabulary.tokenize(text, { addSpecial: false, parseSpecial: false });

describe('the features of whole answers', () => {
  const prompts = [
    { prompt: 'abc', answers: ['a', 'bcd', ''] },
    {
      prompt: { messages: [{ role: 'user' as const, content: 'f' }] },
      answers: Array.from({ length: 19 }, (_, i) => 'abcdef'.slice(i % 5)),
    },
  ];

  it('are the hidden states after their ends', async () => {
    const progress: [number, number][] = [];
    const features = await readAnswerFeatures('judge.gguf', prompts, {
      onProgress: (done, of) => progress.push([done, of]),
    });
    const expected = ['abc', 'f'].map((text, i) =>
      prompts[i]!.answers.map((answer) => [...hiddenState([...read(text), ...read(answer), end])]),
    );
    expect(features.map((all) => all.map((state) => [...state]))).toEqual(expected);
    expect(progress).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect([model.isDisposed, model.contexts.size]).toEqual([true, 0]);
  });

  it('are computed from each prompt once', async () => {
    await readAnswerFeatures('judge.gguf', prompts);
    const answers = prompts.flatMap((each) => each.answers);
    const tokens = answers.reduce((sum, answer) => sum + answer.length + 1, 0);
    expect(model.computedTokens).toBe(3 + 1 + tokens);
  });

  it('go through the model’s chat template where it has one', async () => {
    use({ chatTemplate: "{{ 'd' + messages[0].content + 'e' }}" });
    const [[state]] = (await readAnswerFeatures('judge.gguf', [
      { prompt: 'abc', answers: ['f'] },
    ])) as [[Float32Array]];
    expect([...state]).toEqual(hiddenState([...read('dabcef'), end]));
  });

  it('are none of no prompts, for which nothing is loaded', async () => {
    expect(await readAnswerFeatures('judge.gguf', [])).toEqual([]);
    expect(model.isDisposed).toBe(false);
  });

  it('need room in what the model was trained on', async () => {
    use({ trainedContextLength: 8 });
    const ask = (answer: string) =>
      readAnswerFeatures('judge.gguf', [{ prompt: 'abc', answers: ['a', answer] }]);
    expect(await ask('abcd')).toHaveLength(1);
    use({ trainedContextLength: 8 });
    const refused = ask('abcde');
    await expect(refused).rejects.toThrow(ContextLengthError);
    await expect(refused).rejects.toThrow(
      'A prompt of 3 tokens with an answer of 6 does not fit judge.gguf, which was trained on 8',
    );
    expect(model.isDisposed).toBe(true);
  });

  it('are left when that is asked for', async () => {
    const controller = new AbortController();
    use({ onPass: () => controller.abort(new Error('enough')) });
    const reading = readAnswerFeatures('judge.gguf', prompts, { signal: controller.signal });
    await expect(reading).rejects.toThrow('enough');
    expect(model.isDisposed).toBe(true);
  });
});
