import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';

import type { Vocabulary } from '../../src/spec/index.ts';
import type { SchemaFile } from './files.ts';

/** What llguidance made of one schema. */
export interface PeerJudgement {
  readonly milliseconds: number;
  readonly refusal?: string;
  /** By document: whether it was accepted if it is valid, and refused if not. */
  readonly right: readonly boolean[];
}

/** The pieces of a vocabulary's tokens but its two special ones, in base64. */
export function piecesOf(vocabulary: Vocabulary): string[] {
  return Array.from({ length: vocabulary.size - 2 }, (_, tokenId) =>
    Buffer.from(vocabulary.piece(tokenId)).toString('base64'),
  );
}

/** A program beside this file, and the virtual environment that has what it needs. */
interface PeerProgram {
  readonly environment: string;
  readonly program: string;
}

/**
 * What llguidance makes of schemas.
 * @param environment - A virtual environment that has it.
 * @param onFile - Told of each file that is done, by its index.
 * @throws Error if its Python does not run, or ends early.
 */
export function askPeer(
  environment: string,
  files: readonly SchemaFile[],
  onFile: (index: number) => void,
): Promise<PeerJudgement[]> {
  const lines = files.map((file) => file.path);
  return askLines({ environment, program: 'peer.py' }, lines, lines.length, onFile);
}

/**
 * Gives a program lines, and reads a line of JSON for each that is to be answered.
 * @param onAnswer - Told of each answer, by its index.
 * @throws Error if its Python does not run, or ends early.
 */
export async function askLines<Answer>(
  { environment, program }: PeerProgram,
  lines: readonly string[],
  answers: number,
  onAnswer: (index: number) => void,
): Promise<Answer[]> {
  const python = path.join(environment, 'bin/python');
  const peer = spawn(python, [path.join(import.meta.dirname, program)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const failed = new Promise<never>((_, reject) => peer.once('error', reject));
  peer.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const answered: Answer[] = [];
  const read = async (): Promise<void> => {
    for await (const line of createInterface({ input: peer.stdout })) {
      onAnswer(answered.length);
      answered.push(JSON.parse(line) as Answer);
    }
  };
  await Promise.race([read(), failed]);
  if (answered.length === answers) return answered;
  throw new Error(
    `${python} answered ${answered.length} of ${answers} times: is llguidance installed there?`,
  );
}
