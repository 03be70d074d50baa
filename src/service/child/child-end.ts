import { EngineUnavailableError } from '../../spec/index.ts';

/** How a process ended. */
export interface ChildEnd {
  /** A sentence: which process, and what became of it. */
  readonly summary: string;
  /** The last lines that it wrote. */
  readonly lastWords: readonly string[];
}

/** Of the last words, those that go into the message itself. */
const quotedLines = 3;

/** @param what - What became of it, e.g. `crashed (SIGABRT)`. */
export function describeEnd(
  pid: number | undefined,
  what: string,
  lastWords: readonly string[],
): ChildEnd {
  const who = pid === undefined ? "The engine's process" : `The engine's process (pid ${pid})`;
  return { summary: `${who} ${what}.`, lastWords };
}

/** What a request is told whose engine ended; all last words are the error's cause. */
export function toUnavailable(
  { summary, lastWords }: ChildEnd,
  remedy: string,
): EngineUnavailableError {
  const quoted = lastWords.slice(-quotedLines).join(' | ');
  const words = quoted === '' ? '' : ` Its last words: ${quoted}`;
  return new EngineUnavailableError(
    `${summary} ${remedy}${words}`,
    lastWords.length === 0 ? {} : { cause: new Error(lastWords.join('\n')) },
  );
}
