import { NativeCallError } from '../spec/index.ts';
import type { LlamaApi } from './library.ts';
import type { Pointer } from './structs.ts';

/** A sequence of a context, natively. */
export interface NativeSequence {
  readonly api: Pick<LlamaApi, 'memoryLastPosition' | 'stateGet' | 'stateSet' | 'stateSize'>;
  readonly context: Pointer;
  readonly memory: Pointer;
  readonly id: number;
}

/** The cells of a sequence. @throws NativeCallError */
export function readState({ api, context, id }: NativeSequence): Uint8Array {
  const state = new Uint8Array(Number(api.stateSize(context, id)));
  const read = Number(api.stateGet(context, state, state.length, id));
  if (read === state.length) return state;
  throw new NativeCallError('llama_state_seq_get_data', read, `There are ${state.length} bytes.`);
}

/**
 * Puts cells into an empty sequence.
 * @param length - The tokens that they are of.
 * @throws NativeCallError if they do not fit the context, or are of another number of tokens.
 */
export function writeState(
  { api, context, memory, id }: NativeSequence,
  state: Uint8Array,
  length: number,
): void {
  const read = Number(api.stateSet(context, state, state.length, id));
  const held = api.memoryLastPosition(memory, id) + 1;
  if (read === state.length && held === length) return;
  throw new NativeCallError(
    'llama_state_seq_set_data',
    read,
    `Of ${state.length} bytes it took ${read}, which are ${held} tokens and not ${length}.`,
  );
}
