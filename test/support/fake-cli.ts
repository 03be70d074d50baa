import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';

import type { Cli } from '../../src/cli/cli.ts';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { createOutput } from '../../src/cli/output.ts';
import type { TokenId } from '../../src/spec/index.ts';
import { bytesOf, endToken } from './byte-vocabulary.ts';
import { fakeLoader } from './fake-model/fake-loader.ts';
import type { FakeModelOptions } from './fake-model/fake-model-options.ts';

/** What a command wrote, and its exit code. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface FakeCliOptions {
  /** What is piped in; nothing by default. */
  readonly input?: string;
  /** Interrupts it. */
  readonly signal?: AbortSignal;
  /** Whether both outputs are terminals of so many columns. */
  readonly columns?: number;
}

/** The command line over fakes, and a folder of its own. */
export interface FakeCli extends AsyncDisposable {
  readonly folder: string;
  /** Runs a command; `{name}` in an argument is the file `name` of the folder. */
  run(args: readonly string[], options?: FakeCliOptions): Promise<Ended>;
}

const questionMark = bytesOf('?')[0]!;

/** Letters that are likelier the more often the text so far has them, and the end after `length` bytes. */
function babbler(salt: number, length: number): FakeModelOptions {
  return {
    logits(tokens) {
      const said = tokens.length - 1 - tokens.lastIndexOf(questionMark);
      const logits = new Float32Array(258).fill(-20);
      let state = tokens.length * 31 + salt;
      for (const letter of bytesOf(' abcdefgh')) {
        state = (Math.imul(state, 1664525) + 1013904223 + (tokens.at(-1) ?? 0)) >>> 0;
        logits[letter] = (state >>> 8) / 2 ** 22;
      }
      logits[endToken] = said >= length ? 8 : -20;
      return logits;
    },
  };
}

/** Says a text after a question mark, byte by byte, and ends. */
function speaker(says: string): FakeModelOptions {
  const script = bytesOf(says);
  return {
    logits(tokens: readonly TokenId[]) {
      const said = tokens.length - 1 - tokens.lastIndexOf(questionMark);
      const logits = new Float32Array(258).fill(-20);
      for (const letter of bytesOf(' abcdefgh')) logits[letter] = 0;
      logits[script[said] ?? endToken] = 6;
      return logits;
    },
  };
}

const fakes = {
  large: babbler(1, 12),
  chat: speaker(' In Stoneford.'),
  small: babbler(2, 12),
};

/** What differs from run to run: speeds, times, seeds that are drawn; and the last digits of numbers. */
const passing: readonly (readonly [RegExp, string])[] = [
  [/[\d,.]+( tok\/s| ms\b| per second)/g, '#$1'],
  [/("(?:\w+Ms|tokensPerSecond)": )[\d.e-]+/g, '$1"#"'],
  [/("seed": )\d{6,}/g, '$1"#"'],
  [/(\d\.\d{5})\d{4,}/g, '$1'],
];

export async function createFakeCli(files: Readonly<Record<string, string>>): Promise<FakeCli> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-cli-'));
  for (const name of Object.keys(fakes)) await writeFile(path.join(folder, `${name}.gguf`), '');
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  const tidy = (text: string) =>
    passing.reduce(
      (tidied, [what, instead]) => tidied.replace(what, instead),
      text.replaceAll(folder, '{folder}'),
    );
  return {
    folder,
    async run(args, { input = '', signal = new AbortController().signal, columns } = {}) {
      const own = args.map((arg) =>
        arg.replace(/\{(.+?)\}/g, (_, name) => path.join(folder, name)),
      );
      const written = { stdout: '', stderr: '' };
      const output = (name: keyof typeof written) =>
        createOutput(
          {
            ...(columns !== undefined && { isTTY: true, columns }),
            write: (text) => (written[name] += text),
          },
          own,
          { TERM: 'xterm' },
        );
      let ms = 0;
      const cli: Cli = {
        out: output('stdout'),
        err: output('stderr'),
        input: Readable.from([Buffer.from(input)]) as Cli['input'],
        interruption: { signal, intercept: () => ({ [Symbol.dispose]: () => {} }) },
        engineOptions: { loader: fakeLoader(fakes).loader, now: () => ++ms },
      };
      const code = await runCommandLine(own, cli);
      return { code, stdout: tidy(written.stdout), stderr: tidy(written.stderr) };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
