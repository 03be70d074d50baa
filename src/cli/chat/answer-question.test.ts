import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { bytesOf, endToken } from '../../../test/support/byte-vocabulary.ts';
import { createLocalService } from '../../service/index.ts';
import { ContextLengthError, type InferenceService, type Prompt } from '../../spec/index.ts';
import type { AnswerOptions } from '../answer-options.ts';
import { answerPrinter } from '../answer-printer.ts';
import { createOutput } from '../output.ts';
import { answerQuestion } from './answer-question.ts';
import { ChatSession } from './session.ts';

const contextLength = 100;
const [mark, letter] = bytesOf('?m');

/** Says ten letters after each question mark. */
const hums = {
  logits(tokens: readonly number[]) {
    const logits = new Float32Array(258);
    const said = tokens.length - 1 - tokens.lastIndexOf(mark!);
    logits[said < 10 ? letter! : endToken] = 20;
    return logits;
  },
};

let service: InferenceService;
beforeAll(async () => {
  const { loader } = fakeLoader({ base: hums });
  service = await createLocalService({
    recipes: [
      fakeRecipe({
        models: { base: { file: 'base.gguf', prompt: 'raw' } },
        formula: 'base',
        params: {},
        engine: { contextLength },
      }),
    ],
    engineOptions: { loader },
  });
});
afterAll(() => service[Symbol.asyncDispose]());

let written: { out: string; err: string };
let session: ChatSession;
let seen: string[];
beforeEach(async () => {
  written = { out: '', err: '' };
  seen = [];
  session = new ChatSession(await service.load('fake'), {}, 'Be kind.');
});

async function ask(question: string, { quiet = false, forgets = true } = {}, signal?: AbortSignal) {
  const capture = (name: 'out' | 'err') =>
    createOutput({ write: (text: string) => (written[name] += text) }, [], {});
  const request = (prompt: Prompt, options: AnswerOptions, ending: AbortSignal) => {
    const { messages } = prompt as Extract<Prompt, { messages: unknown }>;
    seen = messages.map(({ content }) => content);
    return { recipe: 'fake', prompt, owner: 'ann', options, signal: ending };
  };
  const cli = { out: capture('out'), err: capture('err') };
  const own = signal ?? new AbortController().signal;
  return answerQuestion(cli, { service, request }, session, question, {
    quiet,
    forgets,
    printer: () => answerPrinter(cli.out, { trimStart: true }),
    signal: own,
  });
}

const answer = 'm'.repeat(10);

describe('a chat that outgrows its context', () => {
  it('goes on without its oldest exchanges, and says so once each time', async () => {
    for (const question of ['one?', 'two?', 'three?', 'four?', 'five?', 'six?'])
      await ask(question);
    expect(written.out).toBe(`${answer}\n`.repeat(6));
    expect(seen[0]).toBe('Be kind.');
    expect(seen.at(-1)).toBe('six?');
    expect(seen).not.toContain('one?');
    const remarks = written.err.trimEnd().split('\n');
    expect(remarks[0]).toMatch(
      /^the context is full: the oldest question and answer are forgotten \(--no-forget ends/,
    );
    expect(remarks.length).toBeLessThan(6);
  });

  it('forgets as much as one long question takes', async () => {
    for (const question of ['one?', 'two?', 'three?']) await ask(question);
    await ask(`${'x'.repeat(70)}?`);
    expect(written.err).toMatch(/^the context is full: the oldest [23] questions and answers are/);
    expect(written.err.trimEnd().split('\n')).toHaveLength(1);
    expect(seen[0]).toBe('Be kind.');
  });

  it('forgets quietly if nothing is to be said', async () => {
    for (const question of ['one?', 'two?', 'three?', 'four?', 'five?']) {
      await ask(question, { quiet: true });
    }
    expect(written.err).toBe('');
    expect(seen).not.toContain('one?');
  });

  it('fails where it shall not forget, or forgetting does not help', async () => {
    const kept = { forgets: false };
    await ask('one?', kept);
    await ask('two?', kept);
    await ask('three?', kept);
    await expect(ask(`${'four '.repeat(7)}?`, kept)).rejects.toThrow(ContextLengthError);
    expect(seen).toContain('one?');
    await expect(ask(`${'x'.repeat(120)}?`)).rejects.toThrow(/too many/);
    expect(written.err).toBe('');
    await ask('five?');
    expect(seen.slice(-3)).toEqual(['three?', answer, 'five?']);
  });
});

it('an answer that is left is remembered as far as it came', async () => {
  const controller = new AbortController();
  const leaving = ask('one?', {}, controller.signal);
  controller.abort(new Error('left'));
  await expect(leaving).rejects.toThrow('left');
  expect(session.conversation.ask('two?').length).toBeGreaterThanOrEqual(2);
});
