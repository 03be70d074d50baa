import type koffi from 'koffi';

import type { Pointer } from './structs.ts';

/** A function of JavaScript that native code can call until it is disposed of. */
interface NativeCallback extends Disposable {
  readonly pointer: Pointer;
}

/** Makes callbacks of the kinds that llama.cpp calls. */
export interface NativeCallbacks {
  /** `llama_progress_callback`: gets the share loaded; `false` ends the loading. */
  readonly progress: (call: (share: number) => boolean) => NativeCallback;
  /** `ggml_log_callback`. */
  readonly log: (call: (level: number, text: string) => void) => NativeCallback;
}

export function defineCallbacks(ffi: typeof koffi): NativeCallbacks {
  const define = (result: string, args: string[]) => {
    const type = ffi.pointer(ffi.proto(result, args));
    return (call: (...args: never[]) => unknown): NativeCallback => {
      const pointer: Pointer = ffi.register(call, type);
      return { pointer, [Symbol.dispose]: () => ffi.unregister(pointer) };
    };
  };
  return {
    progress: define('bool', ['float', 'void *']),
    log: define('void', ['int32', 'str', 'void *']),
  };
}
