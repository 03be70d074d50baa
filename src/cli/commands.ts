import type { Command } from 'commander';

import type { Cli } from './cli.ts';

/** What the help of all commands shows of one, and where the rest of it is. */
export interface ListedCommand {
  readonly name: string;
  readonly summary: string;
  /** Of shells, not of people: no help lists it. */
  readonly isHidden?: true;
  /** Imports what gives the command its arguments, options and action. */
  readonly load: () => Promise<(command: Command, cli: Cli) => Command>;
}

/**
 * Every command, in the order of the help. A new one is a file in `commands/` and an entry here. One is imported when it is
 * named: others need not wait for what it imports.
 */
export const commands: readonly ListedCommand[] = [
  {
    name: 'demo',
    summary: 'see it work with the models in the package',
    load: async () => (await import('./commands/demo.ts')).defineDemo,
  },
  {
    name: 'run',
    summary: 'answer a prompt with a recipe, or chat',
    load: async () => (await import('./commands/run.ts')).defineRun,
  },
  {
    name: 'compare',
    summary: 'base, expert and composition side by side',
    load: async () => (await import('./commands/compare.ts')).defineCompare,
  },
  {
    name: 'explain',
    summary: 'what steering did to every token of an answer',
    load: async () => (await import('./commands/explain.ts')).defineExplain,
  },
  {
    name: 'eval',
    summary: 'measure recipes on tasks: base, expert and composition',
    load: async () => (await import('./commands/eval.ts')).defineEval,
  },
  {
    name: 'shift',
    summary: 'which kinds of tokens steering moves, over many answers',
    load: async () => (await import('./commands/shift.ts')).defineShift,
  },
  {
    name: 'sweep',
    summary: 'measure a recipe at many strengths: the trade-off',
    load: async () => (await import('./commands/sweep.ts')).defineSweep,
  },
  {
    name: 'calibrate',
    summary: "find a recipe's params on a development set, and write them into it",
    load: async () => (await import('./commands/calibrate.ts')).defineCalibrate,
  },
  {
    name: 'pair',
    summary: 'make an expert of your own examples, and the recipe that steers by it',
    load: async () => (await import('./commands/pair.ts')).definePair,
  },
  {
    name: 'skills',
    summary: 'train, mix and choose skills: small adapters over one model',
    load: async () => (await import('./commands/skills.ts')).defineSkills,
  },
  {
    name: 'profile',
    summary: 'what users like, learned from ten to twenty choices',
    load: async () => (await import('./commands/profile.ts')).defineProfile,
  },
  {
    name: 'context',
    summary: 'store texts that answers are to know, and prepare them',
    load: async () => (await import('./commands/context.ts')).defineContext,
  },
  {
    name: 'serve',
    summary: 'serve recipes behind an OpenAI-compatible API, with a playground',
    load: async () => (await import('./commands/serve.ts')).defineServe,
  },
  {
    name: 'batch',
    summary: 'answer a file of requests with recipes, or with a running server',
    load: async () => (await import('./commands/batch.ts')).defineBatch,
  },
  {
    name: 'store',
    summary: 'move profiles, batches and contexts to another store, such as Postgres',
    load: async () => (await import('./commands/store.ts')).defineStore,
  },
  {
    name: 'ls',
    summary: 'the recipes of a running server',
    load: async () => (await import('./commands/ls.ts')).defineLs,
  },
  {
    name: 'ps',
    summary: 'what a running server has loaded and is doing',
    load: async () => (await import('./commands/ps.ts')).definePs,
  },
  {
    name: 'new',
    summary: 'draft a recipe of your models for a purpose',
    load: async () => (await import('./commands/new.ts')).defineNew,
  },
  {
    name: 'export',
    summary: 'run a recipe in another server: its pair inside vLLM',
    load: async () => (await import('./commands/export.ts')).defineExport,
  },
  {
    name: 'check',
    summary: 'all that can be known of a recipe before it runs',
    load: async () => (await import('./commands/check.ts')).defineCheck,
  },
  {
    name: 'pull',
    summary: 'fetch models of the Hugging Face hub by name',
    load: async () => (await import('./commands/pull.ts')).definePull,
  },
  {
    name: 'models',
    summary: 'the models that were fetched: list, show, remove',
    load: async () => (await import('./commands/models.ts')).defineModels,
  },
  {
    name: 'inspect',
    summary: 'what a GGUF file is',
    load: async () => (await import('./commands/inspect.ts')).defineInspect,
  },
  {
    name: 'doctor',
    summary: 'whether Trimtab can run on this machine',
    load: async () => (await import('./commands/doctor.ts')).defineDoctor,
  },
  {
    name: 'docs',
    summary: 'the documentation of this very version',
    load: async () => (await import('./commands/docs.ts')).defineDocs,
  },
  {
    name: 'completion',
    summary: 'a script that completes commands, flags and files in your shell',
    load: async () => (await import('./commands/completion.ts')).defineCompletion,
  },
  {
    name: 'complete',
    summary: 'what may come next on a command line',
    isHidden: true,
    load: async () => (await import('./commands/complete.ts')).defineComplete,
  },
];
