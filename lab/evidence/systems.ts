// What is compared in a world: the bases, what is tuned in a regime, and its compositions.
import path from 'node:path';

import { resolveRecipe, type EngineSettings, type Recipe } from '../../src/index.ts';
import { expertKinds, type ExpertKind, type Regime, type Steering, type World } from './world.ts';
import type { TaskName } from './tasks.ts';

const alphas = [0.3, 0.5, 0.7, 1, 1.5];
const mask = 0.1;
/** What is tried: every strength without the mask and with it. */
export const steerings: readonly Steering[] = [0, mask].flatMap((plausibility) =>
  alphas.map((alpha) => ({ alpha, plausibility })),
);

/** One thread and one answer at a time: what an answer takes then depends on nothing else. */
const engine: EngineSettings = { threads: 1, maxSequences: 1 };

/** What answers, and what it is asked. */
export interface System {
  /** Unique in its world and regime. */
  readonly name: string;
  /** One of the strengths that are tried: asked about fewer people. */
  readonly isTradeOff: boolean;
  readonly recipe: Recipe;
  /** For text, where a mask leaves it without a loss. */
  readonly unmasked?: Recipe;
  readonly params: Readonly<Record<string, number>>;
  /** Tuning pairs before every question, at most. */
  readonly shots: number;
  readonly tasks: readonly TaskName[];
}

/**
 * Systems of the tables, in their order; a composition as chosen has the name of its expert. The last two
 * are in each world one of those above: the one that was better on the validation people.
 */
export const systemTitles = {
  large: 'large base',
  small: 'small base',
  examples: 'large base, tuning pairs as examples',
  alone: 'small expert alone',
  direct: 'large tuned directly',
  lora: 'large with an adapter',
  expert: 'composed, expert tuned alone',
  'composed-expert': 'composed, expert tuned inside',
  tuned: 'large tuned, better of both',
  composed: 'composed, better of both',
} as const;
export type SystemName = keyof typeof systemTitles;

/** Pairs in the base's context. */
const shots = 8;

/** What the systems of a regime are asked for. */
export function answeredTask(regime: Regime): 'questions' | 'notation' {
  return regime === 'notation' ? 'notation' : 'questions';
}

/** Everything that is measured in a regime but for compositions. Bases are the same in all regimes. */
export function uncomposedSystems(world: World, regime: Regime): System[] {
  const { direct, lora, experts } = world.regimes[regime];
  const asked = answeredTask(regime);
  const tasks: TaskName[] = [asked, 'cloze', 'text'];
  const alone = (name: SystemName, model: 'large' | 'small', file: string, adapter?: string) => ({
    name,
    isTradeOff: false,
    recipe: aloneRecipe(model, file, adapter),
    params: {},
    shots: 0,
    tasks,
  });
  const large = alone('large', 'large', world.large);
  return [
    large,
    alone('small', 'small', world.small),
    { ...large, name: 'examples', shots, tasks: [asked] },
    alone('alone', 'small', experts.expert),
    alone('direct', 'large', direct),
    alone('lora', 'large', world.large, lora),
  ];
}

/** What was chosen, and every strength without and with the mask. */
export function composedSystems(world: World, regime: Regime): System[] {
  return expertKinds.flatMap((kind) => [
    chosenSystem(world, regime, kind),
    ...steerings.map((steering) => ({
      ...composedSystem(world, regime, kind, steering),
      isTradeOff: true,
    })),
  ]);
}

export function compositionName(kind: ExpertKind, { alpha, plausibility }: Steering): string {
  return `${kind}, alpha ${alpha}${plausibility === 0 ? '' : `, mask ${plausibility}`}`;
}

/** Its loss on text is that of the same strength without a mask. */
function chosenSystem(world: World, regime: Regime, kind: ExpertKind): System {
  const chosen = world.regimes[regime].steering[kind];
  const system = composedSystem(world, regime, kind, chosen);
  if (chosen.plausibility === 0) return { ...system, name: kind };
  const unmasked = composedRecipe(world, regime, kind, 0);
  return { ...system, name: kind, unmasked, tasks: [...system.tasks, 'text'] };
}

/** A mask gives what it bans no probability: text has no loss under it. */
function composedSystem(
  world: World,
  regime: Regime,
  kind: ExpertKind,
  steering: Steering,
): System {
  const asked = answeredTask(regime);
  return {
    name: compositionName(kind, steering),
    isTradeOff: false,
    recipe: composedRecipe(world, regime, kind, steering.plausibility),
    params: { alpha: steering.alpha },
    shots: 0,
    tasks: steering.plausibility === 0 ? [asked, 'cloze', 'text'] : [asked, 'cloze'],
  };
}

function composedRecipe(
  world: World,
  regime: Regime,
  kind: ExpertKind,
  plausibility: number,
): Recipe {
  const { large, small } = world;
  const expert = world.regimes[regime].experts[kind];
  return resolveRecipe(
    {
      name: `${nameOf(expert)}-${plausibility === 0 ? 'composed' : `masked-${plausibility}`}`,
      models: { large, expert, small },
      base: 'large',
      expert: 'expert',
      antiExpert: 'small',
      ...(plausibility !== 0 && {
        plausibility: { minP: plausibility, models: ['large', 'expert'] },
      }),
      sampling: { temperature: 0 },
      engine,
      speculation: 'off', // passes are told
    },
    { directory: '.' },
  );
}

function aloneRecipe(model: 'large' | 'small', file: string, adapter?: string): Recipe {
  return resolveRecipe(
    {
      name: nameOf(adapter ?? file),
      models: {
        [model]: { file, ...(adapter !== undefined && { adapters: [{ file: adapter }] }) },
      },
      base: model,
      sampling: { temperature: 0 },
      engine,
      speculation: 'off', // passes are told
    },
    { directory: '.' },
  );
}

function nameOf(file: string): string {
  return path.basename(file, '.gguf');
}
