import { cpus } from 'node:os';

/** What the processors of the machine have done, in milliseconds since any one moment. */
export interface MachineTimes {
  readonly idleMs: number;
  readonly nowMs: number;
}

/** What one decode took: of the clock, and of the processor by this process. */
export interface DecodeTimes {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Decodes are judged together until they have taken so long. */
const judgedMs = 40;

/** Threads that get less than so many processors' worth below their number are too many. */
const lostCores = 0.4;

/** Idle processors that make one thread more worth a try. */
const spareCores = 0.75;

/** Between two looks for idle processors; each try that was in vain doubles it, up to `longestMs`. */
const shortestMs = 250;
const longestMs = 8000;

/**
 * How many threads decode. Every operation of ggml's graphs ends at a barrier at which threads spin, so a
 * thread that has no processor makes all others wait: where other programs run, fewer threads are faster.
 * As the threads of a decode want a processor each all the time, what this process got of them tells how
 * many there were for it; idle processors tell that there are more.
 */
export class ThreadCount {
  readonly most: number;
  readonly #machine: () => MachineTimes;
  #now: number;
  #wallMs = 0;
  #cpuMs = 0;
  #waitMs = shortestMs;
  /** When fewer were first enough, or one more was last looked for. */
  #looked: MachineTimes | undefined;
  #isTrying = false;

  /** @param machine - What its processors have done. */
  constructor(most: number, machine: () => MachineTimes = machineTimes) {
    this.most = most;
    this.#now = most;
    this.#machine = machine;
  }

  /** Threads of the next decode, 1 to `most`. */
  get now(): number {
    return this.#now;
  }

  /** Takes account of a decode with `now` threads. */
  observe({ wallMs, cpuMs }: DecodeTimes): void {
    if (this.most === 1) return;
    this.#wallMs += wallMs;
    this.#cpuMs += cpuMs;
    if (this.#wallMs < judgedMs) return;
    const cores = this.#cpuMs / this.#wallMs;
    this.#wallMs = 0;
    this.#cpuMs = 0;
    if (this.#now > 1 && cores < this.#now - lostCores) this.#lower(cores);
    else if (this.#now < this.most) this.#look();
    else this.#settle();
  }

  #lower(cores: number): void {
    this.#now = Math.max(1, Math.min(this.#now - 1, Math.floor(cores + lostCores)));
    if (this.#isTrying) this.#waitMs = Math.min(longestMs, this.#waitMs * 2);
    this.#isTrying = false;
    this.#looked = this.#machine();
  }

  /** One thread more, where processors have been idle for long enough. */
  #look(): void {
    const { idleMs, nowMs } = this.#machine();
    const looked = (this.#looked ??= { idleMs, nowMs });
    const passedMs = nowMs - looked.nowMs;
    if (passedMs < this.#waitMs) return;
    this.#looked = { idleMs, nowMs };
    if ((idleMs - looked.idleMs) / passedMs < spareCores) return;
    this.#now++;
    this.#isTrying = true;
  }

  #settle(): void {
    this.#isTrying = false;
    this.#waitMs = shortestMs;
  }
}

/** Of all processors together. */
function machineTimes(): MachineTimes {
  const idleMs = cpus().reduce((sum, { times }) => sum + times.idle, 0);
  return { idleMs, nowMs: performance.now() };
}
