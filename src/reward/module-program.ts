import type { ChatMessage } from '../spec/index.ts';

/** What the worker is given for one call: plain data. */
export interface ModuleCall {
  readonly texts: readonly string[];
  readonly isWhole: readonly boolean[];
  readonly messages: readonly ChatMessage[];
  readonly options: unknown;
}

/** What the worker answers: first `ready` or `failed`, then one answer per call. */
export type ModuleAnswer =
  | { readonly kind: 'ready'; readonly scope: unknown }
  | { readonly kind: 'values'; readonly values: unknown }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * The program of the worker (CommonJS; its data is the module's URL). It is a string because a file
 * would have to be found from TypeScript sources and from the built package alike, and because no
 * compiler then rewrites its `import()`. What the module prints goes to standard error: standard
 * output is for answers.
 */
export const moduleProgram = `'use strict';
const { parentPort, workerData } = require('node:worker_threads');
console.log = console.info = console.debug = console.error;

function fail(error) {
  const noTypes = error?.code === 'ERR_UNKNOWN_FILE_EXTENSION';
  const remedy = noTypes ? '. TypeScript needs Node 22.18 or newer here: use that, or compile the module' : '';
  parentPort.postMessage({ kind: 'failed', message: String(error?.message ?? error).slice(0, 1000) + remedy });
}

async function main() {
  const { default: reward } = await import(workerData);
  if (typeof reward?.score !== 'function') {
    throw new Error('its default export has no function "score": export default { score(texts, context) { … } }');
  }
  parentPort.on('message', async ({ texts, ...context }) => {
    try {
      parentPort.postMessage({ kind: 'values', values: await reward.score(texts, context) });
    } catch (error) {
      fail(error);
    }
  });
  parentPort.postMessage({ kind: 'ready', scope: reward.scope });
}

main().catch(fail);
`;
