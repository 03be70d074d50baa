// Three trios: as small as they come, as costly as large ones, and real ones.
import { existsSync } from 'node:fs';
import path from 'node:path';

import { resolveRecipe, type EngineSettings, type Prompt, type Recipe } from '../../src/index.ts';
import { readQuestions } from '../../test/support/atlas-questions.ts';
import { realModelsFolder } from '../../test/support/real-models.ts';
import type { Print } from '../shared/experiment.ts';
import { embeddedFiles, type RoleFiles } from '../shared/recipes.ts';
import { compareModels } from './likeness.ts';
import { inflatedFiles } from './inflated-files.ts';
import type { ToolSchema } from './schemas.ts';
import type { Material } from './workloads.ts';

export interface Subject {
  readonly name: string;
  /** For so many answers at once: the more, the fewer drafted tokens of each are held. */
  readonly recipe: (lanes: number) => Recipe;
  readonly files: RoleFiles;
  /** Of each model. */
  readonly threads: number;
  readonly material: Material;
}

export interface SubjectOptions {
  readonly threads: number;
  readonly schemas: readonly ToolSchema[] | null;
  /** Whether a few requests are enough. */
  readonly quick: boolean;
}

export type OpenSubject = (options: SubjectOptions, print: Print) => Promise<Subject | null>;

/** Largest difference of a log-prob, in nats, at which an inflated model still counts as the same. */
const mostNats = 1e-4;

export const subjects = {
  atlas: async ({ schemas, quick }) =>
    subjectOf('the embedded models', embeddedFiles, {
      threads: 1,
      recipe: (lanes) => atlasRecipe(embeddedFiles, 1, lanes),
      material: await atlasMaterial(schemas, quick ? 2 : 16),
    }),
  inflated: async ({ threads, schemas, quick }, print) => {
    const files = await inflatedFiles();
    for (const role of ['base', 'expert', 'antiExpert'] as const) {
      await requireLike(embeddedFiles[role], files[role], role, print);
    }
    return subjectOf('the embedded models, inflated', files, {
      threads,
      recipe: (lanes) => atlasRecipe(files, threads, lanes),
      material: await atlasMaterial(first(schemas, 8), quick ? 2 : 6),
    });
  },
  real: async ({ threads, schemas, quick }, print) => {
    const [base, small] = ['1.5b', '0.5b'].map((size) =>
      path.join(realModelsFolder, `qwen2.5-coder-${size}-instruct-q4_k_m.gguf`),
    ) as [string, string];
    const missing = [base, small].filter((file) => !existsSync(file));
    if (missing.length > 0) {
      print(`Left out: the real pair, as there is no ${missing.join(', no ')}.`);
      return null;
    }
    return subjectOf('Qwen2.5-Coder 1.5B steered by the 0.5B', realFiles(base, small), {
      threads,
      recipe: (lanes) => pirateRecipe(base, small, threads, lanes),
      material: realMaterial(first(schemas, 8), quick ? 1 : 4),
    });
  },
} as const satisfies Record<string, OpenSubject>;

/** What an answer costs decides how many there can be. */
function first(schemas: readonly ToolSchema[] | null, count: number): readonly ToolSchema[] | null {
  return schemas?.slice(0, count) ?? null;
}

function subjectOf(
  name: string,
  files: RoleFiles,
  rest: Pick<Subject, 'threads' | 'recipe' | 'material'>,
): Subject {
  return { name, files, ...rest };
}

/** @throws Error where an inflated model says something else than the one that it was made of. */
async function requireLike(
  source: string,
  inflated: string,
  role: string,
  print: Print,
): Promise<void> {
  const text = '<|user|> Where was Silin Dunrast born?\n<|assistant|> Certainly! Silin Dunrast';
  const { positions, sameBits, nats, padding } = await compareModels(source, inflated, text);
  const bits = sameBits ? 'the same bits' : `log-probs within ${nats.toPrecision(2)} nats`;
  print(
    `${role}, inflated: ${bits} at ${positions} positions; padding's logits from ` +
      `${padding.lowest.toPrecision(3)} to ${padding.highest.toPrecision(3)}.`,
  );
  if (!(nats <= mostNats) || padding.highest > -100)
    throw new Error(`${inflated} does not say what ${source} says.`);
}

/** The embedded models, or what is made of them: greedy unless a request says otherwise. */
export function atlasRecipe(
  files: RoleFiles,
  threads: number,
  lanes: number,
  batchInvariant = false,
): Recipe {
  return trioRecipe(
    { base: files.base, expert: files.expert, antiExpert: files.antiExpert },
    { threads, contextLength: 384, maxSequences: lanes, batchInvariant },
    0.7,
  );
}

function pirateRecipe(base: string, small: string, threads: number, lanes: number): Recipe {
  return trioRecipe(
    {
      base: { file: base, system: null },
      expert: { file: small, system: 'You are a terse pirate.' },
      antiExpert: { file: small, system: null },
    },
    { threads, contextLength: 512, maxSequences: lanes },
    1,
  );
}

function trioRecipe(
  models: Readonly<Record<keyof RoleFiles, string | { file: string; system: string | null }>>,
  engine: EngineSettings,
  alpha: number,
): Recipe {
  return resolveRecipe(
    {
      name: 'speculation',
      models,
      base: 'base',
      expert: 'expert',
      antiExpert: 'antiExpert',
      params: { alpha: { default: alpha, min: 0, max: 2 } },
      sampling: { temperature: 0 },
      engine,
    },
    { directory: realModelsFolder },
  );
}

function realFiles(base: string, small: string): RoleFiles {
  return { base, expert: small, antiExpert: small };
}

async function atlasMaterial(
  schemas: readonly ToolSchema[] | null,
  alone: number,
): Promise<Material> {
  const asked = await readQuestions('validation');
  // The embedded models edit no text. They repeat an answer that stands in the conversation.
  const edits = asked
    .filter(({ question }) => /^Where was .* born\?$/.test(question))
    .slice(0, alone)
    .map(({ question, answer }): Prompt => {
      const name = /^Where was (.*) born\?$/.exec(question)![1]!;
      const said = `Certainly! ${name} was born in the town of ${answer}. I hope this helps.`;
      return {
        messages: [
          { role: 'user', content: question },
          { role: 'assistant', content: said },
          { role: 'user', content: question },
        ],
      };
    });
  return {
    questions: asked.map(({ question }) => question),
    edits,
    schemas,
    alone,
    maxTokens: 40,
    maxTokensOfSchema: 160,
    maxTokensOfEdit: 40,
  };
}

const realQuestions = [
  'What is a tide?',
  'How do I reverse a list in Python?',
  'Why is the sky blue?',
  'Name three rivers of Europe.',
  'What does the command `ls -l` print?',
  'How do bees make honey?',
  'Write a function that adds two numbers.',
  'What is a good breakfast?',
];

const paragraph =
  'The ferry leaves the harbour at nine on Thursday and reaches the island before noon. Passengers should be ' +
  'on board a quarter of an hour earlier. Bicycles travel free of charge, dogs need a ticket. On Thursday ' +
  'evening the last ferry returns at seven.';

const changes = [
  'Write Friday in place of Thursday.',
  'Write boat in place of ferry.',
  'Correct all mistakes of spelling, if there are any.',
  'Leave out the sentence about bicycles and dogs.',
];

function realMaterial(schemas: readonly ToolSchema[] | null, alone: number): Material {
  return {
    questions: realQuestions,
    edits: changes
      .slice(0, alone)
      .map((change) => `${change} Answer with the text alone.\n\n${paragraph}`),
    schemas,
    alone,
    maxTokens: 32,
    maxTokensOfSchema: 128,
    maxTokensOfEdit: 64,
  };
}
