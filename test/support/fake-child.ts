import { describeEnd, type ChildEnd } from '../../src/service/child/child-end.ts';
import type { EngineChild, EngineChildOptions } from '../../src/service/child/engine-child.ts';
import type { FromEngine, ToEngine } from '../../src/service/child/protocol.ts';
import { createDeferred } from '../../src/waiting/index.ts';

/** Stands for an engine's process: a test says what it says, and when it ends. */
export class FakeChild implements Pick<EngineChild, 'ended' | 'pid' | 'isOpen' | 'send' | 'kill'> {
  /** All that were started, in order. */
  static readonly started: FakeChild[] = [];
  /** Called with each that is started. */
  static onStart: ((child: FakeChild) => void) | undefined;

  readonly options: EngineChildOptions;
  readonly ended: Promise<ChildEnd>;
  readonly pid: number;
  /** What it was sent, as it would have come. */
  readonly heard: ToEngine[] = [];
  isOpen = true;
  /** Why it was killed. */
  fault: string | undefined;
  onMessage: ((message: ToEngine) => void) | undefined;
  readonly #ending = createDeferred<ChildEnd>();

  constructor(options: EngineChildOptions) {
    this.options = options;
    this.ended = this.#ending.promise;
    FakeChild.started.push(this);
    this.pid = 1000 + FakeChild.started.length;
    FakeChild.onStart?.(this);
  }

  send(message: ToEngine): void {
    const copy = structuredClone(message);
    if (!this.isOpen) return;
    this.heard.push(copy);
    this.onMessage?.(copy);
  }

  kill(fault: string): void {
    this.fault ??= fault;
    this.end(fault);
  }

  say(message: FromEngine): void {
    this.options.onMessage(structuredClone(message));
  }

  /** Nothing comes from it any more, and it cannot be spoken to. */
  end(what = 'crashed (SIGSEGV)', lastWords: readonly string[] = []): void {
    this.isOpen = false;
    this.#ending.resolve(describeEnd(this.pid, what, lastWords));
  }
}
