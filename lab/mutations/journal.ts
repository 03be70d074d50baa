import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Mutation } from './operators.ts';

export type Fate = 'tests' | 'types' | 'lint' | 'hang' | 'survived';

/** What became of a mutation: what noticed it, and as what. */
export interface Outcome {
  readonly fate: Fate;
  readonly by: string | null;
}

/** Outcomes of an interrupted run, so that it goes on where it was. */
export class Journal {
  readonly #file: string;
  readonly #known = new Map<string, Outcome>();

  private constructor(file: string) {
    this.#file = file;
  }

  /** @param state - The sources and tests as they are: of other ones nothing is known. */
  static async open(folder: string, state: string): Promise<Journal> {
    await mkdir(folder, { recursive: true });
    const journal = new Journal(path.join(folder, `${state}.jsonl`));
    const text = await readFile(journal.#file, 'utf8').catch(() => '');
    // The last line may have been torn.
    for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
      if (line === '') continue;
      const { key, ...outcome } = JSON.parse(line) as Outcome & { readonly key: string };
      journal.#known.set(key, outcome);
    }
    return journal;
  }

  of(mutation: Mutation): Outcome | undefined {
    return this.#known.get(keyOf(mutation));
  }

  async add(mutation: Mutation, outcome: Outcome): Promise<void> {
    await appendFile(this.#file, `${JSON.stringify({ key: keyOf(mutation), ...outcome })}\n`);
  }
}

function keyOf({ file, start, end, replacement }: Mutation): string {
  return createHash('sha256')
    .update(JSON.stringify([file, start, end, replacement]))
    .digest('hex');
}
