// What was run once, kept in a file: a run that was stopped goes on there.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { InferenceService, Recipe, ServiceRequest, ServiceStream } from '../../src/index.ts';
import { modelPath } from '../../src/recipe/index.ts';
import { keptFolder } from '../shared/random-files.ts';

/** Runs what was not run before, by its key. */
export type Once = <Result>(key: unknown, run: () => Promise<Result>) => Promise<Result>;

/** Another recipe or other models' files are another journal. */
export function journalFile(name: string, { models, formula, rewards, guidance }: Recipe): string {
  const hash = createHash('sha256').update(JSON.stringify([formula, [...rewards], guidance]));
  for (const { source, system } of models.values()) {
    hash.update(JSON.stringify(system ?? null)).update(readFileSync(modelPath(source)));
  }
  mkdirSync(keptFolder, { recursive: true });
  return path.join(keptFolder, `${name}-${hash.digest('hex').slice(0, 16)}.jsonl`);
}

/** @param file - Results are its lines; `null` keeps them for this run alone. */
export function createJournal(file: string | null): Once {
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

/** The same service, but that each answer and score is asked for once; answers come whole. */
export function rememberingService(service: InferenceService, once: Once): InferenceService {
  return {
    get status() {
      return service.status;
    },
    recipes: () => service.recipes(),
    load: (...given) => service.load(...given),
    unload: (...given) => service.unload(...given),
    stream: (request) => {
      const result = once(['answer', ...keyOf(request)], () => service.stream(request).result);
      return wholeStream(result);
    },
    score: (request) =>
      once(['score', ...keyOf(request), request.continuation], () => service.score(request)),
    tokenize: (...given) => service.tokenize(...given),
    tokenizePrompt: (...given) => service.tokenizePrompt(...given),
    detokenize: (...given) => service.detokenize(...given),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** Whoever asks, and how urgently, gets the same. */
function keyOf({ recipe, prompt, options }: ServiceRequest & { readonly options: object }) {
  return [recipe, prompt, { ...options, priority: undefined }];
}

function wholeStream(result: ServiceStream['result']): ServiceStream {
  return {
    result,
    async *[Symbol.asyncIterator]() {
      const { text, tokens } = await result;
      yield { text, tokens };
    },
  };
}
