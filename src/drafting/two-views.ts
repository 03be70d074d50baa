import { samplingComment, withoutSystem, type Sketch, type SketchOptions } from './sketch.ts';

/** Classifier-free guidance: one model with a system prompt and without. */
export function sketchGuidance({ roles: { base }, system }: SketchOptions): Sketch {
  return {
    about: [
      'Classifier-free guidance (Sanchez et al. 2023, arXiv:2306.17806): one model that sees a system prompt, and the',
      'same without. What the prompt changes is taken more than once.',
    ],
    document: {
      models: {
        guided: { file: base.place, system: system ?? 'Answer in one short sentence.' },
        plain: withoutSystem(base),
      },
      base: 'guided',
      formula: 'gamma * logp(guided) + (1 - gamma) * logp(plain)',
      params: { gamma: { default: 1.5, min: 0, max: 4, description: 'Guidance; 1 is off.' } },
      sampling: { temperature: 0.7, topP: 0.95 },
    },
    comments: {
      models:
        'One file under two names is loaded once, and the two run as rows of one batch. Write into system what is asked.',
      'models.plain': 'the same, asked nothing',
      formula:
        'logp(x) is the log-probs of a model. At gamma 1 plain does not run; above, the prompt counts for more.',
      params: 'A request may choose another strength: --param gamma=2.',
      sampling: samplingComment,
    },
    models: new Map([
      ['guided', base],
      ['plain', base],
    ]),
    warnings: [],
  };
}

const exampleFacts =
  'The office in Lund is closed on Fridays. Parcels leave on Thursdays. (Write here what is to be known.)';

/** Context-aware decoding, or, with a small model beside, a large one that is told by its difference alone. */
export function sketchContext(options: SketchOptions): Sketch {
  return options.roles.expert === null ? contextOfOne(options) : contextBeside(options);
}

function contextOfOne({ roles: { base }, system }: SketchOptions): Sketch {
  return {
    about: [
      'Context-aware decoding (Shi et al. 2023, arXiv:2305.14739): one model that is told facts, and the same without',
      'them. What the facts change counts for more, so that the model keeps to them.',
    ],
    document: {
      models: {
        informed: { file: base.place, system: system ?? exampleFacts },
        uninformed: withoutSystem(base),
      },
      base: 'informed',
      formula: '(1 + alpha) * informed - alpha * uninformed',
      params: {
        alpha: {
          default: 0.5,
          min: 0,
          max: 2,
          description: 'How much the facts count; 0 is as told.',
        },
      },
      sampling: { temperature: 0 },
    },
    comments: {
      models: 'One file under two names is loaded once. The facts stand in system.',
      'models.uninformed': 'the same, told nothing',
      formula: 'informed - uninformed is what the facts change.',
      params: 'A request may choose another strength: --param alpha=1.',
      sampling: samplingComment,
    },
    models: new Map([
      ['informed', base],
      ['uninformed', base],
    ]),
    warnings: system === undefined ? [noFacts] : [],
  };
}

function contextBeside({ roles: { base, expert }, system }: SketchOptions): Sketch {
  return {
    about: [
      'Private context (after context-aware decoding, Shi et al. 2023, arXiv:2305.14739): a small model is told facts,',
      'and what they change in it steers the large one, which never reads them.',
    ],
    document: {
      models: {
        large: base.place,
        informed: { file: expert!.place, system: system ?? exampleFacts },
        uninformed: withoutSystem(expert!),
      },
      base: 'large',
      expert: 'informed',
      antiExpert: 'uninformed',
      formula: 'large + alpha * (informed - uninformed)',
      params: {
        alpha: {
          default: 1,
          min: 0,
          max: 3,
          description: 'How much the facts count; 0 is the base.',
        },
      },
      sampling: { temperature: 0 },
    },
    comments: {
      models:
        'One file under two names is loaded once. The facts stand in system of informed alone.',
      'models.large': 'is steered, and does not see the facts',
      'models.uninformed': 'the same, told nothing',
      formula:
        'informed - uninformed is what the facts change. At every token it is added to the logits of large.',
      params: 'A request may choose another strength: --param alpha=1.5.',
      sampling: samplingComment,
    },
    models: new Map([
      ['informed', expert!],
      ['uninformed', expert!],
      ['large', base],
    ]),
    warnings: system === undefined ? [noFacts] : [],
  };
}

const noFacts =
  'The facts are an example: write yours into `system` of informed, or give them here: --system.';
