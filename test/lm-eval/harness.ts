import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { run } from '../support/command.ts';

/** What the harness has sent, got and made of it, for one document of a task. */
export interface Sample {
  readonly doc: Document;
  readonly arguments: Readonly<Record<string, { readonly arg_0: string; readonly arg_1: string }>>;
  /** One by argument: a text, or a log-likelihood and a greedy flag as Python prints them. */
  readonly resps: readonly (readonly [string | readonly string[]])[];
}

/** A line of `atlas.jsonl`. */
interface Document {
  readonly name: string;
  readonly question: string;
  readonly town: string;
  readonly answers: readonly string[];
  /** Index of the right one among `answers`. */
  readonly label: number;
}

export interface Evaluation {
  /** Metrics by task, named as the harness does: `acc,none`. */
  readonly results: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** In the order of the documents. */
  samples(task: string): Promise<Sample[]>;
}

/**
 * Runs `lm_eval` with nothing from the Hugging Face Hub.
 * @param folder - An empty one, for the results and the cache of data sets.
 * @throws Error with what it wrote, if it failed.
 */
export async function evaluate(
  python: string,
  args: readonly string[],
  folder: string,
): Promise<Evaluation> {
  const env = { HF_HUB_OFFLINE: '1', HF_HOME: path.join(folder, 'cache') };
  const output = ['--output_path', folder, '--log_samples'];
  const command = ['-m', 'lm_eval', 'run', '--include_path', 'test/lm-eval', ...args, ...output];
  const { code, stdout, stderr } = await run(python, command, { env });
  if (code !== 0) throw new Error(`lm_eval ended with ${code}: ${stdout}${stderr}`);
  const files = await readdir(folder, { recursive: true });
  const read = (name: string) => {
    const file = files.find((each) => path.basename(each).startsWith(name));
    if (file === undefined) throw new Error(`lm_eval wrote no ${name}: ${files.join(', ')}`);
    return readFile(path.join(folder, file), 'utf8');
  };
  const { results } = JSON.parse(await read('results_')) as Pick<Evaluation, 'results'>;
  return {
    results,
    async samples(task) {
      const lines = (await read(`samples_${task}_`)).trim().split('\n');
      const samples = lines.map((line) => JSON.parse(line) as Sample & { doc_id: number });
      return samples.toSorted((a, b) => a.doc_id - b.doc_id);
    },
  };
}
