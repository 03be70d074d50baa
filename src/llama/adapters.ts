import { ModelLoadError, NativeCallError } from '../spec/index.ts';
import type { LoraAdapter } from '../spec/index.ts';
import type { Pointer } from './structs.ts';
import type { NativeModel } from './native-model.ts';

/**
 * Loads LoRA adapters and sets them on a context. llama.cpp frees an adapter with its model.
 * @throws ModelLoadError naming the adapter that does not fit the model.
 */
export function setAdapters(
  model: NativeModel,
  context: Pointer,
  adapters: readonly LoraAdapter[],
): void {
  if (adapters.length === 0) return;
  const { api } = model.library;
  const pointers = adapters.map(({ file, scale }) => {
    if (!Number.isFinite(scale)) {
      throw new ModelLoadError(
        `The scale of the adapter ${file} is ${scale}; it must be a finite number.`,
      );
    }
    const pointer = api.adapterLoad(model.pointer, file);
    if (pointer === null) {
      throw new ModelLoadError(
        `The LoRA adapter ${file} does not fit the model ${model.name}. ` +
          'It must be a GGUF adapter made for this very model (convert_lora_to_gguf.py).',
      );
    }
    return pointer;
  });
  const status = api.setAdapters(
    context,
    BigUint64Array.from(pointers),
    pointers.length,
    Float32Array.from(adapters, ({ scale }) => scale),
  );
  if (status !== 0) throw new NativeCallError('llama_set_adapters_lora', status);
}
