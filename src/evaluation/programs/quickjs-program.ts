import type { ProgramLimits } from './limits.ts';

/** What the thread is given: plain data. */
export interface ProgramRun {
  readonly source: string;
  readonly limits: ProgramLimits;
  /** Paths of the modules of QuickJS. */
  readonly core: string;
  readonly variant: string;
}

/** What the thread answers: first `ready`, then how the program ended. */
export type ProgramAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'passed' }
  /** `name` and `message` of what was thrown. */
  | { readonly kind: 'threw'; readonly name: string; readonly message: string }
  | { readonly kind: 'pending' }
  /** QuickJS itself cannot be loaded. */
  | { readonly kind: 'unavailable'; readonly message: string };

/**
 * The program of the thread (CommonJS). It is a string because a file would have to be found from
 * TypeScript sources and from the built package alike. The evaluated program sees the language and a
 * console whose `assert` throws; what it prints is dropped.
 */
export const quickJsProgram = `'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const { source, limits, core, variant } = workerData;

const prelude = \`
Object.defineProperty(globalThis, 'console', { value: Object.freeze({
  log() {}, info() {}, debug() {}, warn() {}, error() {},
  assert(condition, message = 'console.assert') {
    if (!condition) throw new Error('Assertion failed: ' + message);
  },
}) });
\`;

function thrown(context, handle) {
  const error = context.dump(handle);
  // What QuickJS throws where no room is left for an error.
  if (error === null) return { kind: 'threw', name: 'InternalError', message: 'out of memory' };
  const isError = typeof error === 'object';
  return {
    kind: 'threw',
    name: String((isError && error.name) || 'Error').slice(0, 100),
    message: String((isError && error.message) || error).slice(0, 500),
  };
}

// QuickJS in WebAssembly does not count what it allocates: the memory itself is bounded. It has its full
// size from the start, which costs nothing until it is used, because growing in steps is slow.
function load() {
  const { newQuickJSWASMModuleFromVariant, newVariant } = require(core);
  const pages = Math.floor(limits.memoryMb * 16);
  const wasmMemory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  return newQuickJSWASMModuleFromVariant(newVariant(require(variant).default, { wasmMemory }));
}

function run(quickJs) {
  const runtime = quickJs.newRuntime();
  runtime.setMaxStackSize(2 ** 18);
  const context = runtime.newContext();
  context.unwrapResult(context.evalCode(prelude));
  const result = context.evalCode(source);
  if (result.error) return thrown(context, result.error);
  const jobs = runtime.executePendingJobs();
  if (jobs.error) return thrown(context, jobs.error);
  const state = context.getPromiseState(result.value);
  if (state.type === 'rejected') return thrown(context, state.error);
  return { kind: state.type === 'pending' ? 'pending' : 'passed' };
}

async function main() {
  let quickJs;
  try {
    quickJs = await load();
  } catch (error) {
    parentPort.postMessage({ kind: 'unavailable', message: String(error?.message ?? error) });
    return;
  }
  parentPort.postMessage({ kind: 'ready' });
  parentPort.postMessage(run(quickJs));
}

main();
`;
