/**
 * What a header may claim. A GGUF header is a list of counts and lengths that a reader allocates
 * for; each limit is several times what the largest published models use, and small enough that a
 * forged file costs neither time nor memory, here or in llama.cpp (whose search for duplicate keys
 * and names is quadratic).
 */
export const headerLimits = {
  /** Published models have 20 to 100 keys. */
  metadataCount: 8192,
  /** The largest mixtures of experts have some 1,500 tensors; LoRA files of them twice that. */
  tensorCount: 65_536,
  /** From the GGUF specification. */
  keyBytes: 65_535,
  /** llama.cpp's `GGML_MAX_NAME`, less the terminating zero. */
  tensorNameBytes: 63,
  /** The longest strings in use are whole `tokenizer.json` files, about 30 MiB. */
  stringBytes: 64 * 2 ** 20,
  /**
   * Over all arrays. A vocabulary of 262,144 tokens with types, scores and merges has 1.3 million;
   * an element takes up to some 50 bytes of memory, however short it is in the file.
   */
  arrayElements: 4 * 2 ** 20,
  /** No published file nests arrays, and llama.cpp refuses them. */
  arrayDepth: 4,
  /** llama.cpp's `GGML_MAX_DIMS`. */
  dimensions: 4,
  /** 32 by default; files for direct I/O use a page. A larger one only moves data out of the file. */
  alignment: 2 ** 20,
  /** Headers with the largest vocabularies take 10 to 20 MiB, with a `tokenizer.json` 50. */
  headerBytes: 96 * 2 ** 20,
} as const;
