import type { z } from 'zod';

import { RemoteModelError } from '../spec/index.ts';
import type { BaseClient } from './base-client.ts';

/** @throws RemoteModelError `corrupt` that says where an answer is not what its route gives. */
export function parseAnswer<Shape extends z.ZodType>(
  server: string,
  path: string,
  schema: Shape,
  answer: unknown,
): z.output<Shape> {
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const at = issue!.path.length === 0 ? '' : ` at ${issue!.path.join('.')}`;
  throw new RemoteModelError(
    'corrupt',
    `The server ${server} answers ${path} with what it should not${at}: ${issue!.message}. Is it of this kind?`,
  );
}

/** What a route says; `null` where the server refuses it. */
export async function findRoute<Shape extends z.ZodType>(
  client: BaseClient,
  path: string,
  body: object,
  schema: Shape,
  signal: AbortSignal | undefined,
): Promise<z.output<Shape> | null> {
  try {
    const answer = await client.post(path, body, { maxBytes: 2 ** 20, signal });
    return parseAnswer(client.name, path, schema, answer);
  } catch (error) {
    if (error instanceof RemoteModelError && error.reason === 'refused') return null;
    throw error;
  }
}
