import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { TemplateError } from '../spec/index.ts';
import { rendererProgram } from './renderer-program.ts';
import type { RenderAnswer, RenderRequest } from './renderer-program.ts';

/** Bounds on one rendering. */
export interface RenderLimits {
  readonly timeLimitMs: number;
  /** Of the renderer's heap, in MiB. */
  readonly memoryLimitMb: number;
  /** Of the rendered text, in UTF-16 units. */
  readonly maxOutputLength: number;
}

/** What to do where a template does not serve. */
const remedy = 'Give another `template`, or use `prompt: raw`.';

/** What a busy machine may add to the process's own time limit, and to its start. */
const graceMs = 10_000;

/**
 * A process that renders templates, one at a time. A template is a program of whoever made the
 * model. In a thread its time can be bounded but not its memory: one large allocation, such as
 * `upper` of a 256 MB string, ends the whole process in spite of the thread's `resourceLimits`. A
 * process of its own costs 50 ms once. It does not keep ours alive except while it renders.
 */
export class RenderProcess {
  readonly #limits: RenderLimits;
  #child: ChildProcess | undefined;

  constructor(limits: RenderLimits) {
    this.#limits = limits;
  }

  /**
   * Renders; not to be called again before it settles. Starts the process where there is none.
   * @throws TemplateError when the template fails or exceeds a limit; the next call works.
   */
  async render(
    request: Pick<RenderRequest, 'template' | 'variables' | 'timeFields'>,
  ): Promise<string> {
    const { timeLimitMs, maxOutputLength } = this.#limits;
    const child = this.#child ?? (await this.#start());
    child.ref();
    child.channel?.ref();
    try {
      const answer = this.#next(child, timeLimitMs + graceMs);
      child.send({ ...request, timeLimitMs, maxOutputLength } satisfies RenderRequest, () => {
        // A process that is gone is reported by its exit.
      });
      return textOf(await answer, this.#limits);
    } finally {
      child.unref();
      child.channel?.unref();
    }
  }

  /** Ends the process; a rendering in progress rejects. */
  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  /** A new process once it is ready: its start does not count as rendering. */
  async #start(): Promise<ChildProcess> {
    const jinja = createRequire(import.meta.url).resolve('@huggingface/jinja');
    const heap = `--max-old-space-size=${Math.ceil(this.#limits.memoryLimitMb)}`;
    const child = spawn(process.execPath, [heap, '--eval', rendererProgram, jinja], {
      // No secrets; Windows cannot start a process without its root.
      env: process.platform === 'win32' ? { SystemRoot: process.env['SystemRoot'] } : {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      windowsHide: true,
    });
    this.#child = child;
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    await this.#next(child, this.#limits.timeLimitMs + graceMs);
    return child;
  }

  /** The process's next message. @throws TemplateError if it ends or `timeLimitMs` pass before. */
  #next(child: ChildProcess, timeLimitMs: number): Promise<RenderAnswer> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('error', onError);
        child.off('exit', onExit);
      };
      const fail = (error: TemplateError): void => {
        settle();
        this.stop();
        reject(error);
      };
      const onMessage = (answer: unknown): void => {
        settle();
        resolve(answer as RenderAnswer);
      };
      const onError = (error: Error): void =>
        fail(
          new TemplateError(
            `No process can be started to render the chat template: ${error.message}. Use \`prompt: raw\`.`,
            { cause: error },
          ),
        );
      const onExit = (code: number | null, signal: NodeJS.Signals | null): void =>
        fail(new TemplateError(this.#describeExit(code, signal)));
      const timer = setTimeout(() => fail(new TemplateError(tooSlow(timeLimitMs))), timeLimitMs);
      child.on('message', onMessage);
      child.on('error', onError);
      child.on('exit', onExit);
    });
  }

  #describeExit(code: number | null, signal: NodeJS.Signals | null): string {
    if (signal === 'SIGKILL') return 'The rendering of the chat template was ended.';
    const { memoryLimitMb } = this.#limits;
    return `The chat template ended its renderer (${signal ?? `exit code ${code}`}), as it does on needing more than ${memoryLimitMb} MiB of memory. ${remedy}`;
  }
}

function tooSlow(timeLimitMs: number): string {
  return `The chat template took longer than ${timeLimitMs} ms to render. ${remedy}`;
}

function textOf(answer: RenderAnswer, limits: RenderLimits): string {
  if (answer.kind === 'text') return answer.text;
  throw new TemplateError(whatFailed(answer, limits));
}

function whatFailed(
  answer: Exclude<RenderAnswer, { kind: 'text' }>,
  { maxOutputLength, timeLimitMs }: RenderLimits,
): string {
  if (answer.kind === 'ready')
    return 'The renderer answered out of turn: this is a bug in Trimtab.';
  if (answer.kind === 'too-slow') return tooSlow(timeLimitMs);
  if (answer.kind === 'too-long') {
    return `The chat template wrote ${answer.length} characters, above the limit of ${maxOutputLength}. ${remedy}`;
  }
  if (answer.kind === 'raised') {
    return `The chat template refuses these messages: “${answer.message}” Change the messages. ${remedy}`;
  }
  const what = answer.kind === 'syntax' ? 'does not parse' : 'failed';
  return `The chat template ${what}: ${answer.message}. ${remedy}`;
}
