import { createReadStream } from 'node:fs';

import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';

/** A file of requests that can be read more than once. */
export interface RequestSource {
  /** How messages call it. */
  readonly name: string;
  read(): AsyncIterable<Uint8Array>;
}

/** A file, or what is piped in, which is kept. @throws UsageError where neither is given */
export async function openRequests(
  { input }: Pick<Cli, 'input'>,
  file: string | undefined,
): Promise<RequestSource> {
  if (file !== undefined && file !== '-') {
    return { name: file, read: () => createReadStream(file) as AsyncIterable<Uint8Array> };
  }
  if (input.isTTY) {
    throw new UsageError('There are no requests: name their file, or pipe them in.');
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return {
    name: 'stdin',
    async *read() {
      yield* chunks;
    },
  };
}
