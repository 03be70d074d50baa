import type { LlamaLibrary } from './library.ts';

const errorLevel = 4; // GGML_LOG_LEVEL_ERROR

/**
 * Runs a synchronous native call and collects the errors that llama.cpp logs from this thread.
 * Only for calls that log on the thread they are made on: see `LlamaLibrary.setLog`.
 */
export function withLog<Result>(
  library: LlamaLibrary,
  call: () => Result,
): { result: Result; errors: string[] } {
  const errors: string[] = [];
  using callback = library.callbacks.log((level, text) => {
    if (level === errorLevel) errors.push(text.trim());
  });
  library.setLog(callback.pointer);
  try {
    return { result: call(), errors };
  } finally {
    library.setLog('default');
  }
}
