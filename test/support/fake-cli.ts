import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { TokenId } from '../../src/spec/index.ts';
import { bytesOf, endToken } from './byte-vocabulary.ts';
import { trimtab, type Ended } from './command.ts';
import { fakeLoader } from './fake-model/fake-loader.ts';
import type { Dialogue } from './fake-terminal.ts';
import type { FakeModelOptions } from './fake-model/fake-model-options.ts';

interface FakeCliOptions {
  /** What is piped in; nothing by default. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Interrupts it. */
  readonly signal?: AbortSignal;
  /** Whether both outputs are terminals of so many columns. */
  readonly columns?: number;
  /** Called with what it has written so far. */
  readonly onOutput?: (stdout: string) => void;
  /** What is typed on the terminal. */
  readonly dialogue?: Dialogue;
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
    async run(args, options = {}) {
      const own = args.map((arg) =>
        arg.replace(/\{(.+?)\}/g, (_, name) => path.join(folder, name)),
      );
      let ms = 0;
      const { code, stdout, stderr } = await trimtab(own, {
        ...options,
        env: { TERM: 'xterm', ...options.env },
        engineOptions: { loader: fakeLoader(fakes).loader, now: () => ++ms },
      });
      return { code, stdout: tidy(stdout), stderr: tidy(stderr) };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

export interface GuideRecipeOptions {
  readonly alpha?: number;
  readonly maxSequences?: number;
  /** Lines of YAML behind the others. */
  readonly more?: string;
}

/** The document of a greedy recipe over the fakes, which its chat model steers. */
export function guideRecipe(
  name: string,
  { alpha = 4, maxSequences = 2, more = '' }: GuideRecipeOptions = {},
): string {
  return `
name: ${name}
models:
  large: { file: large.gguf, prompt: raw }
  chat: { file: chat.gguf, prompt: raw }
base: large
expert: chat
formula: large + alpha * chat
params: { alpha: { default: ${alpha}, min: 0, max: 9 } }
sampling: { temperature: 0 }
engine: { contextLength: 256, maxSequences: ${maxSequences}, threads: 1 }
${more}`;
}
