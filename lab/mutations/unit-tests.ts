import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Files that have changed since the last call, and the tests to run, from the root. */
export interface TestCall {
  readonly changed: readonly string[];
  readonly tests: readonly string[];
}

export type TestAnswer =
  | { readonly kind: 'ready' | 'alive' }
  /** The first test that failed. */
  | { readonly kind: 'done'; readonly failure: string | null };

/** Nothing is heard of the tests for so long. */
export class HangError extends Error {}

/** The unit tests of `npm run check`, in a process that stays, and that is ended where it hangs. */
export class UnitTests implements Disposable {
  readonly #root: string;
  readonly #guardMs: number;
  readonly #changed = new Set<string>();
  #process: ChildProcess | undefined;

  /** @param guardMs - The longest silence, far beyond what any test takes. */
  constructor(root: string, guardMs: number) {
    this.#root = root;
    this.#guardMs = guardMs;
  }

  /** A file has become another, or what it was. */
  noteChange(file: string): void {
    this.#changed.add(file);
  }

  /** @returns The first test that fails, or null. @throws HangError */
  async run(tests: readonly string[]): Promise<string | null> {
    if (tests.length === 0) return null;
    if (this.#process === undefined) {
      this.#process = this.#start();
      await this.#next('ready');
    }
    const call: TestCall = { changed: [...this.#changed], tests };
    this.#changed.clear();
    this.#process.send(call);
    const { failure } = await this.#next('done');
    return failure;
  }

  [Symbol.dispose](): void {
    const { pid } = this.#process ?? {};
    this.#process?.removeAllListeners();
    this.#process = undefined;
    if (pid === undefined) return;
    // With its workers: one in an endless loop hears nothing.
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }

  #start(): ChildProcess {
    return fork(fileURLToPath(import.meta.resolve('./unit-tests-child.ts')), {
      cwd: this.#root,
      detached: true,
      execArgv: ['--import', import.meta.resolve('tsx')],
      env: { ...process.env, TRIMTAB_TESTS: 'quick' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  #next<Kind extends TestAnswer['kind']>(
    kind: Kind,
  ): Promise<Extract<TestAnswer, { readonly kind: Kind }>> {
    const child = this.#process!;
    return new Promise((resolve, reject) => {
      const hang = (): void => {
        this[Symbol.dispose]();
        reject(new HangError(`No test has ended in ${this.#guardMs / 1000} s.`));
      };
      let guard = setTimeout(hang, this.#guardMs);
      const settle = (): void => {
        clearTimeout(guard);
        child.removeAllListeners();
      };
      child.on('message', (answer: TestAnswer) => {
        clearTimeout(guard);
        guard = setTimeout(hang, this.#guardMs);
        if (answer.kind !== kind) return;
        settle();
        resolve(answer as Extract<TestAnswer, { readonly kind: Kind }>);
      });
      child.once('exit', (code) => {
        settle();
        this.#process = undefined;
        if (kind === 'done') resolve(ended(code) as Extract<TestAnswer, { readonly kind: Kind }>);
        else reject(new Error(`The process of the tests ended with ${code}.`));
      });
    });
  }
}

function ended(code: number | null): TestAnswer {
  return { kind: 'done', failure: `The process of the tests ended with ${code}.` };
}
