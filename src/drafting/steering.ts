import type { RecipeDocument } from '../recipe/index.ts';
import type { GivenModel } from './given-model.ts';
import { samplingComment, withoutSystem, type Sketch, type SketchOptions } from './sketch.ts';

type SteeringPurpose = 'manner' | 'expert' | 'reasoner';

const abouts: Readonly<Record<SteeringPurpose, readonly string[]>> = {
  manner: [
    'Proxy-tuning (Liu et al. 2024, arXiv:2401.08565): a large model that knows, with the manners of a small one',
    'that was tuned to answer. No weight is changed.',
  ],
  expert: [
    'Proxy-tuning (Liu et al. 2024, arXiv:2401.08565): a large model with what tuning taught a small one of its',
    'subject. No weight is changed.',
  ],
  reasoner: [
    'ThinkLogit (Zhang et al. 2025, arXiv:2510.09354): a large model that thinks at length, as a small reasoning',
    'model does. No weight is changed.',
  ],
};

/** What the expert brings, by purpose. */
const brings: Readonly<Record<SteeringPurpose, string>> = {
  manner: 'its manners are taken',
  expert: 'what it was taught is taken',
  reasoner: 'its way of thinking is taken',
};

const alpha = {
  alpha: { default: 1, min: 0, max: 2, description: 'Strength of the steering; 0 is the base.' },
} as const;

const paramsComment =
  'A request may choose another alpha: --param alpha=0.5. `trimtab sweep` and `calibrate` find a good one.';

/** A reasoner needs room to think in. */
const thinkingTokens = 16_384;

/** Steers a large model by a small tuned one and its twin, or, without a twin, by what comes nearest to that. */
export function sketchSteering(purpose: SteeringPurpose, options: SketchOptions): Sketch {
  const { expert, antiExpert } = options.roles;
  const sketch =
    antiExpert !== null
      ? byDifference(purpose, options)
      : purpose === 'manner'
        ? byInstruction(expert!, options)
        : byMixture(purpose, expert!, options);
  return purpose === 'reasoner' ? withRoomToThink(sketch) : sketch;
}

function byDifference(purpose: SteeringPurpose, { roles }: SketchOptions): Sketch {
  const { base, expert, antiExpert } = roles;
  const isTwinAlone = antiExpert === base;
  const names = {
    base: isTwinAlone ? 'untuned' : 'large',
    antiExpert: isTwinAlone ? 'untuned' : 'small',
  };
  const models = new Map([
    ['tuned', expert!],
    [names.base, base],
    [names.antiExpert, antiExpert!],
  ]);
  return {
    about: abouts[purpose],
    document: {
      models: Object.fromEntries(
        [names.base, 'tuned', names.antiExpert].map((name) => [name, models.get(name)!.place]),
      ),
      base: names.base,
      expert: 'tuned',
      antiExpert: names.antiExpert,
      formula: `${names.base} + alpha * (tuned - ${names.antiExpert})`,
      params: alpha,
      sampling: { temperature: 0.7, topP: 0.95 },
    },
    comments: {
      models: 'Names are yours: letters, digits and _. Paths start at the folder of this file.',
      [`models.${names.antiExpert}`]: 'what tuned was before it was tuned',
      [`models.${names.base}`]: isTwinAlone
        ? 'what tuned was before it was tuned'
        : 'is steered: it knows most',
      'models.tuned': `small and tuned: ${brings[purpose]}`,
      formula:
        `tuned - ${names.antiExpert} is what tuning taught. At every token it is added to the logits of ${names.base}.\n` +
        'This is also the formula where none is written.',
      params: paramsComment,
      sampling: samplingComment,
    },
    models,
    warnings: isTwinAlone
      ? [
          `${expert!.title} and ${base.title} are all there is: the small model is steered by its own tuning. ` +
            'A larger model of the family as the base is what this is for.',
        ]
      : [],
  };
}

/** One small model with an instruction and without, in the place of a tuned one and its twin. */
function byInstruction(expert: GivenModel, { roles: { base }, system }: SketchOptions): Sketch {
  return {
    about: [
      'Proxy-tuning (Liu et al. 2024, arXiv:2401.08565) without an untuned twin: a large model with the manner that a',
      'small one has when it is told to, and not when it is not. No weight is changed.',
    ],
    document: {
      models: {
        large: base.place,
        told: {
          file: expert.place,
          system: system ?? 'Answer politely, clearly and in short sentences.',
        },
        untold: withoutSystem(expert),
      },
      base: 'large',
      expert: 'told',
      antiExpert: 'untold',
      formula: 'large + alpha * (told - untold)',
      params: alpha,
      sampling: { temperature: 0.7, topP: 0.95 },
    },
    comments: {
      models: 'One file under two names is loaded once. Write into system what manner you want.',
      'models.large': 'is steered: it knows most',
      'models.untold': 'the same, told nothing',
      formula:
        'told - untold is what the instruction changes. At every token it is added to the logits of large.',
      params: paramsComment,
      sampling: samplingComment,
    },
    models: new Map([
      ['told', expert],
      ['untold', expert],
      ['large', base],
    ]),
    warnings: [
      `${expert.title} has no twin here: what is taken is what it does when it is told to (\`system\` of told), not what tuning ` +
        'taught it. For that, name also the model that it was tuned from.',
    ],
  };
}

/** Both models' log-probs, in shares. */
function byMixture(
  purpose: SteeringPurpose,
  expert: GivenModel,
  { roles: { base } }: SketchOptions,
): Sketch {
  return {
    about: [
      'Two models in one answer, their log-probs in shares (MOD, Shi et al. 2024, arXiv:2406.18853), for there is no',
      `untuned twin of the small one to tell what it was taught. ${purpose === 'expert' ? 'Proxy-tuning' : 'ThinkLogit'} needs one.`,
    ],
    document: {
      models: { large: base.place, tuned: expert.place },
      base: 'large',
      expert: 'tuned',
      formula: '(1 - w) * logp(large) + w * logp(tuned)',
      params: { w: { default: 0.5, min: 0, max: 1, description: 'Share of tuned.' } },
      sampling: { temperature: 0.7, topP: 0.95 },
    },
    comments: {
      models: 'Names are yours: letters, digits and _. Paths start at the folder of this file.',
      'models.large': 'knows most',
      'models.tuned': `small and tuned: ${brings[purpose]}`,
      formula: 'logp(x) is the log-probs of a model. w 0 is large alone, 1 is tuned alone.',
      params: 'A request may choose another share: --param w=0.3.',
      sampling: samplingComment,
    },
    models: new Map([
      ['tuned', expert],
      ['large', base],
    ]),
    warnings: [
      `${expert.title} has no twin here: the two models are mixed, and what the small one does not know comes with what it was taught. ` +
        'For the difference alone, name also the model that it was tuned from.',
    ],
  };
}

function withRoomToThink(sketch: Sketch): Sketch {
  const trained = [...sketch.models.values()].map(
    ({ description }) => description.contextLength ?? Infinity,
  );
  const engine: RecipeDocument['engine'] = {
    contextLength: Math.min(thinkingTokens, ...trained),
    maxSequences: 1,
  };
  return {
    ...sketch,
    document: { ...sketch.document, engine },
    comments: {
      ...sketch.comments,
      engine: 'Thoughts are long: room for one answer at a time. Less of it is less memory.',
    },
  };
}
