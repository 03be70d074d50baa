import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { resultOf, scriptedService, servedRecipe } from '../../../test/support/scripted-service.ts';
import {
  type InferenceService,
  ContextLengthError,
  InvalidOptionError,
  type GenerateServiceRequest,
  type GenerationResult,
  type Prompt,
} from '../../spec/index.ts';
import type { Example } from '../example.ts';
import { createTask, type EvaluationTask } from '../task.ts';
import { evaluate } from './evaluate.ts';
import type { EvaluationSystem } from './system.ts';
import { withExamples } from './with-examples.ts';

const examples: readonly Example[] = [
  { question: 'One?', answer: 'first' },
  { question: 'Two?', answer: ' second\n' },
];

const turns = [
  { role: 'user', content: 'One?' },
  { role: 'assistant', content: 'first' },
  { role: 'user', content: 'Two?' },
  { role: 'assistant', content: ' second\n' },
];

describe('withExamples', () => {
  it('puts them before a question as earlier turns', () => {
    expect(withExamples('Three?', examples)).toEqual({
      messages: [...turns, { role: 'user', content: 'Three?' }],
    });
  });

  it('puts them between the system messages and the first turn of a conversation', () => {
    const system = { role: 'system', content: 'Be brief.' } as const;
    const own = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
      { role: 'user', content: 'c' },
    ] as const;
    expect(withExamples({ messages: [system, ...own] }, examples)).toEqual({
      messages: [system, ...turns, ...own],
    });
  });

  it('puts them before text as text, apart from each other', () => {
    expect(withExamples({ text: 'Three?' }, examples)).toEqual({
      text: 'One? first\n\nTwo? second\n\nThree?',
    });
    const program = { question: 'function f() {\n', answer: '  return 1;\n}\n' };
    expect(withExamples({ text: 'x' }, [program])).toEqual({
      text: 'function f() {\n  return 1;\n}\n\nx',
    });
  });

  it('leaves a prompt as it is where there are none', () => {
    const prompt = { messages: [{ role: 'user', content: 'a' }] } as const;
    expect(withExamples(prompt)).toBe(prompt);
    expect(withExamples('a', [])).toBe('a');
  });
});

describe('evaluate with examples', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'trimtab-examples-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const base: EvaluationSystem = {
    name: 'base',
    recipe: 'r',
    fingerprint: 'f',
    only: 'large',
    options: { maxTokens: 8 },
  };
  const shown: EvaluationSystem = { ...base, name: 'base+2 examples', examples };

  const questions = createTask('questions', [
    { id: 'q', kind: 'generate', prompt: 'Three?', references: ['x'], metrics: ['exact-match'] },
    { id: 'long', kind: 'generate', prompt: 'Fourteen?', references: [], metrics: ['contains'] },
  ]);
  const scored = createTask('scored', [
    { kind: 'choice', prompt: 'Which?', options: ['a', 'b'], right: [0], best: 0 },
    { kind: 'cloze', text: 'one two', right: ' x', wrong: [' y'] },
    { kind: 'pair', prompt: 'Well?', chosen: 'good', rejected: 'bad' },
  ]);

  /** A token to each character; asks for more than the context holds fail as the engine's do. */
  function serviceOf(context = 1000) {
    const prompts: Prompt[] = [];
    const lengthOf = (prompt: Prompt): number => {
      prompts.push(prompt);
      const { length } = JSON.stringify(prompt);
      if (length < context) return length;
      throw new ContextLengthError(`The prompt is ${length} tokens long; ${context} fit.`);
    };
    const generate = async ({ prompt }: GenerateServiceRequest): Promise<GenerationResult> =>
      resultOf('x', {
        tokens: [{ tokenId: 1, text: 'x' }],
        usage: { promptTokens: lengthOf(prompt), completionTokens: 1, models: {} },
      });
    const model = {
      file: 'f',
      weightBytes: 1,
      vocabularySize: 1,
      vocabularyReport: '',
      kernels: '',
    };
    const service = scriptedService({
      load: () =>
        Promise.resolve(
          servedRecipe('r', {
            models: [
              { ...model, name: 'large', contextLength: context },
              { ...model, name: 'small', contextLength: 1 },
            ],
          }),
        ),
      answer: generate,
      async score({ prompt }) {
        lengthOf(prompt);
        const token = { tokenId: 0, text: '', logprob: -1 };
        return { tokens: [token], logprob: -1, isGreedy: false };
      },
      tokenize: (_, text) => Promise.resolve([...Buffer.from(text)]),
    });
    return { service, prompts };
  }

  const run = (systems: EvaluationSystem[], tasks: EvaluationTask[], service: InferenceService) =>
    evaluate({ service, tasks, systems, seed: 1, version: '1.0.0', directory });

  it('shows them with every item that is generated or compared, to that system alone', async () => {
    const { service, prompts } = serviceOf();
    await run([base, shown], [questions, scored], service);
    for (const asked of ['Three?', 'Which?', 'Well?'] as const) {
      expect(prompts).toContainEqual(asked);
      expect(prompts).toContainEqual(withExamples(asked, examples));
    }
    expect(prompts).toContainEqual({ text: 'one two' });
    expect(prompts).toContainEqual(withExamples({ text: 'one two' }, examples));
  });

  it('tells runs with other examples apart', async () => {
    const { service } = serviceOf();
    const { description } = await run([base, shown], [questions], service);
    expect(description.systems[0]).not.toHaveProperty('examples');
    expect(description.systems[1]!.examples).toMatchObject({ count: 2 });
    const written = await readFile(path.join(directory, 'run.json'), 'utf8');
    expect(JSON.parse(written)).toEqual(description);
    const other = { ...shown, examples: [examples[0]!, { question: 'Two?', answer: 'two' }] };
    await expect(run([base, other], [questions], service)).rejects.toThrow(
      /base\+2 examples\.examples\.content/,
    );
  });

  it('goes on with results whatever the groups, which answers do not depend on', async () => {
    const { service, prompts } = serviceOf();
    const first = await run([base], [questions], service);
    const asked = prompts.length;
    const items = questions.items.map((item) => ({ ...item, group: 'g' }));
    const second = await run([base], [{ ...questions, items }], service);
    expect(second).toEqual(first);
    expect(prompts).toHaveLength(asked);
  });

  it('says before the run that a prompt does not fit with them, with the numbers', async () => {
    const longest = JSON.stringify(withExamples('Fourteen?', examples)).length;
    const { service, prompts } = serviceOf(longest);
    await expect(run([base, shown], [questions], service)).rejects.toThrow(
      `base+2 examples: long of questions does not fit with 2 examples. ` +
        `The prompt is ${longest} tokens long; ${longest} fit.`,
    );
    expect(prompts).toHaveLength(1);
    const { records } = await run([base], [questions], service); // nothing is kept of what failed
    expect(records).toHaveLength(2);
  });

  it('says before the run that an answer does not fit behind them', async () => {
    const longest = JSON.stringify(withExamples('Fourteen?', examples)).length;
    const { service } = serviceOf(longest + 7);
    await expect(run([shown], [questions], service)).rejects.toThrow(
      `has ${longest} tokens with 2 examples, and an answer 8 at most: the context of ${longest + 7}`,
    );
    await rm(directory, { recursive: true });
    const { records } = await run([shown], [questions], serviceOf(longest + 8).service);
    expect(records).toHaveLength(2);
  });

  it('says that a text to be scored does not fit behind them', async () => {
    await expect(run([shown], [scored], serviceOf(40).service)).rejects.toThrow(
      /of scored does not fit with 2 examples\. The prompt is/,
    );
  });

  it.each<[string, EvaluationTask, RegExp]>([
    ['plain text', createTask('t', [{ kind: 'text', text: 'a' }]), /t has plain text, whose perp/],
    [
      'an example that is an item',
      createTask('t', [
        { id: 'it', kind: 'generate', prompt: 'Two? ', references: [], metrics: ['contains'] },
      ]),
      /An example of base\+2 examples is it of t, "Two\?"/,
    ],
  ])('refuses %s', async (_, task, message) => {
    const refused = run([base, shown], [task], serviceOf().service);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(InvalidOptionError);
  });
});
