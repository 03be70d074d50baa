import { samplingComment, withoutSystem, type Sketch, type SketchOptions } from './sketch.ts';

interface Trait {
  readonly system: string;
  readonly weight: number;
  readonly high: string;
  readonly low: string;
}

const traits: Readonly<Record<string, Trait>> = {
  cheerful: {
    system: 'Be warm and cheerful.',
    weight: 2,
    high: 'cheerfulness',
    low: 'soberness',
  },
  brief: { system: 'Answer in one short sentence.', weight: 0, high: 'brevity', low: 'length' },
  formal: { system: 'Write formally.', weight: 0, high: 'formality', low: 'a casual tone' },
};

/** In nats per token of a whole answer: of SmolLM2 135M and Qwen2.5-Coder 0.5B 0.02 to 0.04, and up to 0.25 for brevity. */
const roughScale = { mean: 0, deviation: 0.04 } as const;

/** Attribute prompts on a small instruct model as rewards (Drift), bounded by a KL budget, and a profile of them. */
export function sketchRewards({ roles: { base, expert } }: SketchOptions): Sketch {
  const judge = expert ?? base;
  const names = Object.keys(traits);
  const each = <Value>(make: (trait: Trait, name: string) => Value): Record<string, Value> =>
    Object.fromEntries(names.map((name) => [name, make(traits[name]!, name)]));
  return {
    about: [
      'Rewards without a reward model (Drift, Kim et al. 2025, arXiv:2502.14289): an instruct model that is asked to be',
      'something, against itself when it is not. What it finds likelier when asked is what such answers have.',
    ],
    document: {
      models: {
        large: base.place,
        ...each(({ system }) => ({ file: judge.place, system })),
        neutral: withoutSystem(judge),
      },
      base: 'large',
      rewards: each(({ weight }, name) => ({
        attribute: name,
        neutral: 'neutral',
        answerTokens: 100,
        weight,
        normalization: roughScale,
      })),
      guidance: { method: 'args', candidates: 10 },
      klBudget: { perToken: 0.5 },
      profile: {
        attributes: each(({ high, low }, name) => ({ reward: name, high, low })),
        prompts: [
          'What is a trim tab?',
          'How do I boil an egg?',
          'Why is the sky blue?',
          'What should I see in Rome?',
          'How does a bill become a law?',
          'Why do cats purr?',
        ],
      },
      sampling: { temperature: 0.7, topP: 0.95 },
    },
    comments: {
      models: 'One file under several names is loaded once, and they run as rows of one batch.',
      'models.large': 'answers',
      'models.neutral': 'the same, asked for nothing',
      rewards:
        'Values are nats per token of the whole answer, whose usual length is answerTokens. mean and deviation are rough:\n' +
        '`trimtab calibrate RECIPE --rewards --overwrite` estimates them, so that a weight of 1 means the same for all.\n' +
        'A request may choose other weights: --reward cheerful=0 --reward brief=2.',
      guidance: 'At every token the rewards are added to the logits of the best candidates.',
      klBudget: 'How far, in nats, the rewards may take the next token from what large would say.',
      profile:
        'What users differ in: `trimtab profile new ann`, then `profile ask ann`. What is learned is added to the weights\n' +
        'above. Ask about questions of your own.',
      sampling: samplingComment,
    },
    models: new Map(
      [...names, 'neutral', 'large'].map((name) => [name, name === 'large' ? base : judge]),
    ),
    warnings: [
      'The scales of the rewards (mean, deviation) are rough: `trimtab calibrate RECIPE --rewards --overwrite` estimates them.',
    ],
  };
}
