import type { LanguageModel } from '../spec/index.ts';
import type { LlamaLibrary, Pointer } from './library.ts';

/** A model with its native handle, as contexts and adapters need it. */
export interface NativeModel extends LanguageModel {
  readonly library: LlamaLibrary;
  /** @throws DisposedError */
  readonly pointer: Pointer;
}
