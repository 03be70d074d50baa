import type { TokenId } from '../spec/index.ts';
import type { LlamaApi, LlamaLibrary } from './library.ts';
import type { Pointer, StructValue } from './structs.ts';

/** A `llama_batch` of fixed capacity, written through views of its native memory. */
export class NativeBatch implements Disposable {
  readonly capacity: number;
  readonly #api: LlamaApi;
  readonly #struct: StructValue;
  readonly #token: Int32Array;
  readonly #position: Int32Array;
  /** `seq_id[i][0]` of every token. */
  readonly #sequence: readonly Int32Array[];
  readonly #output: Int8Array;
  #length = 0;

  constructor({ api, view }: LlamaLibrary, capacity: number) {
    this.#api = api;
    this.capacity = capacity;
    const struct = api.batchInit(capacity, 0, 1);
    this.#struct = struct;
    const pointerOf = (field: string) => struct[field] as Pointer;
    const ints = (field: string) => new Int32Array(view(pointerOf(field), capacity * 4));
    this.#token = ints('token');
    this.#position = ints('pos');
    this.#output = new Int8Array(view(pointerOf('logits'), capacity));
    ints('n_seq_id').fill(1);
    const pointers = new BigUint64Array(view(pointerOf('seq_id'), capacity * 8));
    this.#sequence = Array.from(pointers, (pointer) => new Int32Array(view(pointer, 4)));
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** Appends a token; the caller has checked the capacity. */
  push(tokenId: TokenId, position: number, sequenceId: number, output: boolean): void {
    const index = this.#length++;
    this.#token[index] = tokenId;
    this.#position[index] = position;
    this.#sequence[index]![0] = sequenceId;
    this.#output[index] = output ? 1 : 0;
  }

  /** The struct to pass by value. */
  get struct(): StructValue {
    return { ...this.#struct, n_tokens: this.#length };
  }

  [Symbol.dispose](): void {
    this.#api.batchFree(this.#struct);
  }
}
