import { readFile } from 'node:fs/promises';

import { z } from 'zod';

/** Lines of JSON. @throws Error `file:line: …` for one that is not of the schema. */
export async function readLines<Line>(file: string, schema: z.ZodType<Line>): Promise<Line[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line, i) => {
    const parsed = schema.safeParse(JSON.parse(line));
    if (parsed.success) return parsed.data;
    throw new Error(`${file}:${i + 1}: ${z.prettifyError(parsed.error)}`);
  });
}
