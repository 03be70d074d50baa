import type { LanguageModel } from '../spec/index.ts';
import type { LlamaLibrary } from './library.ts';
import type { Pointer } from './structs.ts';

/** A model with its native handle, as contexts and adapters need it. */
export interface NativeModel extends LanguageModel {
  readonly library: LlamaLibrary;
  /** Whether a graphics processor computes any of it. */
  readonly usesGpu: boolean;
  /** @throws DisposedError */
  readonly pointer: Pointer;
  /** A LoRA adapter of it, loaded once and kept for as long as the model. @throws GgufError, ModelLoadError */
  loadAdapter(file: string): Promise<Pointer>;
}
