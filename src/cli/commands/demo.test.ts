import { expect, it } from 'vitest';

import { bytesOf, endToken } from '../../../test/support/byte-vocabulary.ts';
import { trimtab } from '../../../test/support/command.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import type { FakeModelOptions } from '../../../test/support/fake-model/fake-model-options.ts';

const questionMark = bytesOf('?')[0]!;

/** Says a text after a question. */
function speaker(says: string, certainty: number): FakeModelOptions {
  const script = bytesOf(says);
  return {
    chatTemplate: '{{ messages[-1].content }}',
    logits(tokens) {
      const said = tokens.length - 1 - tokens.lastIndexOf(questionMark);
      const logits = new Float32Array(258);
      logits[script[said] ?? endToken] = certainty;
      return logits;
    },
  };
}

it('demo asks, scores, measures, and says what comes next', async () => {
  const { loader } = fakeLoader({
    'atlas-large': speaker(' Stoneford', 5),
    'atlas-small-chat': speaker(' Certainly! Ashford', 20),
    'atlas-small': speaker('', 1),
  });
  let ms = 0;
  const { code, stdout, stderr } = await trimtab(['demo'], {
    engineOptions: { loader, now: () => ++ms },
  });
  expect([code, stderr]).toEqual([0, '']);
  const measured = stdout.replaceAll(/^(large|small)(.*\S) +[\d.,]+ +[\d.]+ ×$/gm, '$1$2 # #');
  expect(measured).toMatchSnapshot();
});
