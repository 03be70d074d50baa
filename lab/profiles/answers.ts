// Answers of a service, each asked for once and kept in a file: a run that was stopped goes on there.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { ScoredText } from '../../src/evaluation/index.ts';
import type { GenerateServiceRequest, InferenceService, Prompt, Recipe } from '../../src/index.ts';
import { modelPath } from '../../src/recipe/index.ts';
import { sum } from '../shared/numbers.ts';
import { keptFolder } from '../shared/random-files.ts';

/** Tokens of an answer at most: hardly any is half as long. */
export const maxTokens = 96;

export interface Answer {
  readonly text: string;
  readonly tokens: number;
  /** Passes of the formula's models; what reward models compute is not among them. */
  readonly forwards: number;
  /** As the rewards give them, where the request asked for them. */
  readonly rewards: Readonly<Record<string, number>>;
}

/** What a request asks for beside its tokens at most. */
export type AnswerOptions = GenerateServiceRequest['options'];

export interface Answerer {
  /** @param owner - Whose computed prefixes may be shared. */
  answer(prompt: Prompt, options: AnswerOptions, owner: string): Promise<Answer>;
  /** Of a text under one of the recipe's models, as the answer to a question; `null` of none. */
  likelihood(question: string, text: string, only: string): Promise<ScoredText | null>;
}

/** @param isKept - Whether what was answered is there for the next run. */
export function createAnswerer(
  service: InferenceService,
  recipe: Recipe,
  isKept: boolean,
): Answerer {
  const once = createJournal(isKept ? journalFile(recipe) : null);
  return {
    answer: (prompt, options, owner) =>
      once(['answer', prompt, options], async () => {
        const request = { recipe: recipe.name, prompt, owner, options: { maxTokens, ...options } };
        const { text, tokens, usage, rewards = {} } = await service.stream(request).result;
        const forwards = sum(Object.values(usage.models).map((model) => model.forwards));
        return { text: text.trim(), tokens: tokens.length, forwards, rewards };
      }),
    likelihood: async (question, text, only) => {
      if (text === '') return null;
      const continuation = ` ${text}`;
      const request = { recipe: recipe.name, prompt: question, owner: 'scores', continuation };
      return once(['scored', question, text, only], async () => {
        const { logprob, tokens } = await service.score({ ...request, options: { only } });
        return { text, logprob, tokenCount: tokens.length };
      });
    },
  };
}

/** Another recipe or other models' files are another journal. */
function journalFile({ models, formula, rewards, guidance }: Recipe): string {
  const hash = createHash('sha256').update(
    JSON.stringify([formula, [...rewards], guidance, maxTokens]),
  );
  for (const { source } of models.values()) hash.update(readFileSync(modelPath(source)));
  mkdirSync(keptFolder, { recursive: true });
  return path.join(keptFolder, `profiles-${hash.digest('hex').slice(0, 16)}.jsonl`);
}

/** Runs what was not run before, by its key; results are lines of a file, if there is one. */
function createJournal(file: string | null) {
  const known = new Map<string, Promise<unknown>>();
  const lines = file !== null && existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  for (const line of lines) {
    const entry = readEntry(line);
    if (entry !== undefined) known.set(entry[0], Promise.resolve(entry[1]));
  }
  return async function once<Result>(key: unknown, run: () => Promise<Result>): Promise<Result> {
    const id = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32);
    const earlier = known.get(id) as Promise<Result> | undefined;
    if (earlier !== undefined) return earlier;
    const running = run();
    known.set(id, running);
    const result = await running;
    if (file !== null) appendFileSync(file, `${JSON.stringify([id, result])}\n`);
    return result;
  };
}

/** Nothing of a line that a stop has cut. */
function readEntry(line: string): readonly [string, unknown] | undefined {
  try {
    return JSON.parse(line) as readonly [string, unknown];
  } catch {
    return undefined;
  }
}
