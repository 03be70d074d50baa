import type { Cli } from './cli.ts';
import { UsageError } from './failure.ts';

/** A prompt of arguments and of what is piped in, which follows it after a blank line. */
export async function readPrompt(
  { input }: Pick<Cli, 'input'>,
  words: readonly string[],
): Promise<string> {
  const prompt = words.join(' ');
  const piped = input.isTTY ? '' : await readAll(input);
  const parts = [prompt, piped.replace(/\r?\n$/, '')].filter((part) => part !== '');
  if (parts.length > 0) return parts.join('\n\n');
  throw new UsageError('There is no prompt: give one as an argument, or pipe it in.');
}

async function readAll(input: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
