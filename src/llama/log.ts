import koffi from 'koffi';

import type { LlamaLibrary, Pointer } from './library.ts';

const errorLevel = 4; // GGML_LOG_LEVEL_ERROR
const logCallback = koffi.pointer(koffi.proto('void', ['int32', 'str', 'void *']));

/**
 * Runs a synchronous native call and collects the errors that llama.cpp logs from this thread.
 * Only for calls that log on the thread they are made on: see `LlamaLibrary.setLog`.
 */
export function withLog<Result>(
  library: LlamaLibrary,
  call: () => Result,
): { result: Result; errors: string[] } {
  const errors: string[] = [];
  const callback: Pointer = koffi.register((level: number, text: string) => {
    if (level === errorLevel) errors.push(text.trim());
  }, logCallback);
  library.setLog(callback);
  try {
    return { result: call(), errors };
  } finally {
    library.setLog('default');
    koffi.unregister(callback);
  }
}
