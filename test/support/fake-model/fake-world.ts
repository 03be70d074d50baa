import { createLocalService, type LocalServiceOptions } from '../../../src/service/index.ts';
import { GgufError, type InferenceService, type TokenId } from '../../../src/spec/index.ts';
import { bytesOf, endToken } from '../byte-vocabulary.ts';
import type { ServiceWorld } from '../service-contract.ts';
import { fakeLoader } from './fake-loader.ts';
import type { FakeModelOptions, FakePass } from './fake-model-options.ts';
import { fakeRecipe } from './fake-recipe.ts';

const contextLength = 400;
const questionMark = bytesOf('?')[0]!;
const endless = { text: 'On?' };

/** Says a text after a question, byte by byte, and ends; where the end is banned, it hums on. */
function speaker(says: string, certainty: number): FakeModelOptions {
  const script = bytesOf(says);
  return {
    logits(tokens: readonly TokenId[]) {
      const said = tokens.length - 1 - tokens.lastIndexOf(questionMark);
      const logits = new Float32Array(258);
      logits[bytesOf('m')[0]!] = certainty / 2;
      logits[script[said] ?? endToken] = certainty;
      return logits;
    },
    onPass,
  };
}

let held: Promise<void> | undefined;

/** Long answers take a while, so that they can be left; held ones wait. */
async function onPass({ parts }: FakePass): Promise<void> {
  await held;
  if (parts.some((part) => part.held > 48)) await new Promise((resolve) => setTimeout(resolve, 1));
}

const answer = ' In Stoneford.';

/** Recipes over fakes, for the tests of services. */
export const fakeWorld: ServiceWorld = {
  recipes: [
    fakeRecipe({
      name: 'guide',
      params: { alpha: { default: 0.7, min: 0, max: 2 } },
      engine: { contextLength, maxSequences: 4 },
    }),
    fakeRecipe({ name: 'other', formula: 'expert', params: {}, engine: { contextLength } }),
  ],
  names: ['guide', 'other'],
  described: {
    formula: 'base + alpha * expert',
    params: { alpha: { default: 0.7, min: 0, max: 2, description: null } },
  },
  files: ['base.gguf', 'expert.gguf'],
  models: ['base', 'expert'],
  question: {
    recipe: 'guide',
    prompt: 'Where was Mada Norrar born?',
    owner: 'ada',
    options: {},
  },
  answer,
  otherAnswer: 'Stoneford',
  endless: {
    recipe: 'guide',
    prompt: endless,
    owner: 'ada',
    options: { only: 'base', logitBias: { [endToken]: -100 }, temperature: 1, seed: 1 },
  },
  endlessLength: contextLength - endless.text.length + 1,
  long: { text: 'a?'.repeat(20_000), tokens: 40_000 },
  async broken() {
    fakes['forged'] = new GgufError('header', 'header: this is no GGUF file.');
    return {
      recipe: fakeRecipe({
        name: 'forged',
        models: { base: { file: 'forged.gguf', prompt: 'raw' } },
        formula: 'base',
        params: {},
      }),
      mend: async () => void (fakes['forged'] = speaker('Hi.', 10)),
      [Symbol.asyncDispose]: async () => {},
    };
  },
  hold() {
    let release!: () => void;
    held = new Promise((resolve) => {
      release = resolve;
    });
    return {
      [Symbol.dispose]: () => {
        held = undefined;
        release();
      },
    };
  },
};

const fakes: Record<string, FakeModelOptions | Error> = {
  base: speaker(' No idea.', 10),
  expert: speaker(answer, 20),
};

/** A service over these fakes, in this process. */
export function createFakeService(options: LocalServiceOptions): Promise<InferenceService> {
  const { loader } = fakeLoader(fakes);
  return createLocalService({ ...options, engineOptions: { ...options.engineOptions, loader } });
}
