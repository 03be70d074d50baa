import { createInterface } from 'node:readline';

/** What a reader of the terminal did: said something, interrupted, or left. */
export type Said = { readonly text: string } | 'interrupt' | 'end';

export interface ReadLineOptions {
  readonly prompt: string;
  /** Newest first; the line is added to it. */
  readonly history: string[];
  readonly signal: AbortSignal;
}

/**
 * Asks for one line on the terminal. Lines that are pasted together are one text. Between two calls
 * the terminal is as the shell left it, so that Ctrl-C is a signal.
 */
export function readLine({ prompt, history, signal }: ReadLineOptions): Promise<Said> {
  signal.throwIfAborted();
  const reader = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: true,
    history: [...history],
    prompt,
  });
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    const end = (said: Said) => {
      signal.removeEventListener('abort', abort);
      reader.removeAllListeners('close');
      reader.close();
      resolve(said);
    };
    const abort = () => {
      reader.removeAllListeners('close');
      reader.close();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    reader.on('line', (line) => {
      lines.push(line);
      if (lines.length > 1) return;
      setImmediate(() => {
        const text = lines.join('\n');
        if (text.trim() !== '') history.unshift(text.replaceAll('\n', ' '));
        end({ text });
      });
    });
    reader.on('SIGINT', () => {
      process.stdout.write('\n');
      end('interrupt');
    });
    reader.on('close', () => end('end'));
    reader.prompt();
  });
}
