import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';

import type { SchemaFile } from './files.ts';

/** What llguidance made of one schema. */
export interface PeerJudgement {
  readonly milliseconds: number;
  readonly refusal?: string;
  /** By document: whether it was accepted if it is valid, and refused if not. */
  readonly right: readonly boolean[];
}

/**
 * @param environment - A virtual environment that has llguidance.
 * @param onFile - Told of each file that is begun, by its index.
 * @throws Error if its Python does not run, or ends early.
 */
export async function askPeer(
  environment: string,
  files: readonly SchemaFile[],
  onFile: (index: number) => void,
): Promise<PeerJudgement[]> {
  const python = path.join(environment, 'bin/python');
  const peer = spawn(python, [path.join(import.meta.dirname, 'peer.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const failed = new Promise<never>((_, reject) => peer.once('error', reject));
  peer.stdin.end(files.map((file) => `${file.path}\n`).join(''));
  const judged: PeerJudgement[] = [];
  const read = async (): Promise<void> => {
    for await (const line of createInterface({ input: peer.stdout })) {
      onFile(judged.length);
      judged.push(JSON.parse(line) as PeerJudgement);
    }
  };
  await Promise.race([read(), failed]);
  if (judged.length === files.length) return judged;
  throw new Error(
    `${python} judged ${judged.length} of ${files.length} schemas: is llguidance installed there?`,
  );
}
