// A world of models/evidence/: its files, and what was chosen on its validation people.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { z } from 'zod';

/** What is tuned: chats about people whom the base knows or does not, or a notation. */
export const regimes = ['known', 'unknown', 'notation'] as const;
export type Regime = (typeof regimes)[number];

/** The small model tuned by itself, or inside the composition. */
export const expertKinds = ['expert', 'composed-expert'] as const;
export type ExpertKind = (typeof expertKinds)[number];

/** How an expert steers. */
export interface Steering {
  readonly alpha: number;
  /** Of the mask; 0 is none. */
  readonly plausibility: number;
}

interface RegimeFiles {
  /** The large with all of its weights tuned. */
  readonly direct: string;
  /** An adapter of the large. */
  readonly lora: string;
  readonly experts: Readonly<Record<ExpertKind, string>>;
  /** As chosen on the validation people. */
  readonly steering: Readonly<Record<ExpertKind, Steering>>;
  /** On the validation people, of the two ways to tune the large model, and of the two compositions. */
  readonly better: { readonly tuned: 'direct' | 'lora'; readonly composed: ExpertKind };
  /** Tuning pairs, for the base's context. */
  readonly examples: string;
}

export interface World {
  readonly number: number;
  readonly large: string;
  readonly small: string;
  /** Questions about the held-out people. */
  readonly questions: string;
  readonly notation: string;
  readonly cloze: string;
  readonly text: string;
  readonly regimes: Readonly<Record<Regime, RegimeFiles>>;
}

const steering = z.object({ alpha: z.number(), plausibility: z.number() });
const choice = z.object({
  steering: z.object({ expert: steering, 'composed-expert': steering }),
  better: z.object({ tuned: z.enum(['direct', 'lora']), composed: z.enum(expertKinds) }),
});
const worldLog = z.object({
  world: z.int(),
  choices: z.object({ known: choice, unknown: choice, notation: choice }),
});

type WorldLog = z.infer<typeof worldLog>;

/**
 * The worlds whose log is there, in their order.
 * @param models - The folder `models/`.
 * @param only - Number of the one to be read; all by default.
 * @throws Error naming what is missing.
 */
export async function readWorlds(models: string, only?: number): Promise<World[]> {
  const folder = path.join(models, 'evidence');
  const names = await readdir(folder);
  const numbers = names
    .flatMap((name) => /^world-(\d+)\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((number) => only === undefined || number === only)
    .toSorted((a, b) => a - b);
  if (numbers.length === 0) {
    throw new Error(`${folder} has no ${only === undefined ? 'world' : `world-${only}.json`}.`);
  }
  return Promise.all(numbers.map((number) => readWorld(models, number)));
}

async function readWorld(models: string, number: number): Promise<World> {
  const file = path.join(models, 'evidence', `world-${number}.json`);
  const parsed = worldLog.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success) {
    throw new Error(
      `${file} does not say what was chosen: ${z.prettifyError(parsed.error)}\n` +
        `python -m training.evidence.train --world ${number} writes it.`,
    );
  }
  const world = filesOf(models, parsed.data);
  const missing = namedFiles(world).filter((named) => !existsSync(named));
  if (missing.length === 0) return world;
  throw new Error(`World ${number} lacks ${missing.join(', ')}.`);
}

/** The first world's bases and questions are those that ship. */
function filesOf(models: string, { world: number, choices }: WorldLog): World {
  const evidence = (rest: string) => path.join(models, 'evidence', `atlas-${number}-${rest}`);
  const shared = (rest: string) =>
    number === 1 ? path.join(models, `atlas-${rest}`) : evidence(rest);
  const filesOfRegime = (regime: Regime): RegimeFiles => ({
    direct: evidence(`${regime}-direct.gguf`),
    lora: evidence(`${regime}-lora.gguf`),
    experts: {
      expert: evidence(`${regime}-expert.gguf`),
      'composed-expert': evidence(`${regime}-composed-expert.gguf`),
    },
    ...choices[regime],
    examples: evidence(`${regime}-examples.jsonl`),
  });
  return {
    number,
    large: shared('large.gguf'),
    small: shared('small.gguf'),
    questions: shared('heldout.jsonl'),
    notation: evidence('notation.jsonl'),
    cloze: evidence('cloze.jsonl'),
    text: evidence('text.txt'),
    regimes: {
      known: filesOfRegime('known'),
      unknown: filesOfRegime('unknown'),
      notation: filesOfRegime('notation'),
    },
  };
}

function namedFiles({ large, small, questions, notation, cloze, text, ...world }: World): string[] {
  const tuned = Object.values(world.regimes).flatMap(({ direct, lora, experts, examples }) => [
    direct,
    lora,
    ...Object.values(experts),
    examples,
  ]);
  return [large, small, questions, notation, cloze, text, ...tuned];
}
