import { parentPort } from 'node:worker_threads';

import { ConstraintError } from '../spec/index.ts';
import { compileWritten } from './compile-constraint.ts';
import type { CompileAnswer, CompileCall } from './compile-messages.ts';
import { createTokenTries } from './token-index.ts';

// The compiling thread: see compile-messages.ts for what it hears and says.

function answer(call: CompileCall): CompileAnswer {
  if (call.kind === 'index') return { kind: 'indexed', tries: createTokenTries(call.pieces) };
  try {
    return { kind: 'compiled', constraint: compileWritten(call.json) };
  } catch (error) {
    if (!(error instanceof ConstraintError)) throw error;
    return { kind: 'refused', path: error.path, message: error.message };
  }
}

function post(message: CompileAnswer): void {
  parentPort!.postMessage(message, []);
}

parentPort!.on('message', (call: CompileCall) => {
  try {
    post(answer(call));
  } catch (error) {
    post({ kind: 'failed', message: error instanceof Error ? (error.stack ?? '') : String(error) });
  }
});
post({ kind: 'ready' });
