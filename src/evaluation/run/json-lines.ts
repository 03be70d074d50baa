import { readFile } from 'node:fs/promises';

import type { z } from 'zod';

import { StoreError } from '../../spec/index.ts';

export interface JsonLines<Line> {
  readonly lines: readonly Line[];
  /** Bytes of the file that they take; what follows is a line that a crash has torn. */
  readonly byteLength: number;
}

/** Lines of JSON that are whole; none if there is no file. @throws StoreError for one that is damaged. */
export async function readJsonLines<Line>(
  file: string,
  schema: z.ZodType<Line>,
): Promise<JsonLines<Line>> {
  const bytes = await readOrEmpty(file);
  const byteLength = bytes.lastIndexOf('\n') + 1;
  const texts = bytes.subarray(0, byteLength).toString('utf8').split('\n').slice(0, -1);
  return { lines: texts.map((text, i) => parseLine(text, `${file}:${i + 1}`, schema)), byteLength };
}

export function formatJsonLines(lines: readonly unknown[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

async function readOrEmpty(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function parseLine<Line>(text: string, place: string, schema: z.ZodType<Line>): Line {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new StoreError(
      'corrupt',
      `${place} is damaged. Remove the line, and it is done again; or begin anew in another directory.`,
      { cause },
    );
  }
}
