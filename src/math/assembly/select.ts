// @ts-nocheck -- AssemblyScript: its types are WebAssembly's; see README.md beside this file.

// Kernels that pick entries of a row and write their indices (int32) to scratch. Addresses are in
// bytes; rows are padded with -Infinity to a multiple of 16 entries.

/** Writes the indices with `x[i] >= threshold`, ascending; returns how many. */
export function indicesAbove(out: usize, x: usize, length: i32, threshold: f32): i32 {
  const thresholds = f32x4.splat(threshold);
  let to = out;
  for (let i = 0; i < length; i += 16) {
    const from = x + ((<usize>i) << 2);
    const a = f32x4.ge(v128.load(from), thresholds);
    const b = f32x4.ge(v128.load(from, 16), thresholds);
    const c = f32x4.ge(v128.load(from, 32), thresholds);
    const d = f32x4.ge(v128.load(from, 48), thresholds);
    if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) continue;
    let hits =
      i32x4.bitmask(a) |
      (i32x4.bitmask(b) << 4) |
      (i32x4.bitmask(c) << 8) |
      (i32x4.bitmask(d) << 12);
    if (length - i < 16) hits &= (1 << (length - i)) - 1; // the padding is above -Infinity
    for (; hits != 0; hits &= hits - 1, to += 4) store<i32>(to, i + ctz(hits));
  }
  return <i32>((to - out) >> 2);
}

/**
 * Writes the indices of the `k` largest entries to `heap`, best first, the lower index first among
 * equals. `heap` has room for `8 * k` bytes; `1 <= k <= length`. A heap of the best so far, its worst
 * at the root, is compared with 16 entries at a time: O(length) while few entries beat the root.
 */
export function topK(heap: usize, x: usize, length: i32, k: i32): void {
  for (let i = 0; i < k; i++) setKey(heap, i, keyOf(x, i));
  for (let i = (k >> 1) - 1; i >= 0; i--) siftDown(heap, i, k);
  let i = k;
  for (; i < length && (i & 15) != 0; i++) offer(heap, k, x, i);
  for (; i < length; i += 16) {
    const from = x + ((<usize>i) << 2);
    const worst = f32x4.splat(valueOf(x, heap));
    const a = f32x4.gt(v128.load(from), worst);
    const b = f32x4.gt(v128.load(from, 16), worst);
    const c = f32x4.gt(v128.load(from, 32), worst);
    const d = f32x4.gt(v128.load(from, 48), worst);
    if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) continue;
    let hits =
      i32x4.bitmask(a) |
      (i32x4.bitmask(b) << 4) |
      (i32x4.bitmask(c) << 8) |
      (i32x4.bitmask(d) << 12);
    for (; hits != 0; hits &= hits - 1) offer(heap, k, x, i + ctz(hits));
  }
  sortDescending(heap, k);
  // Indices overwrite the keys they came from: 4 bytes written for every 8 read.
  for (let j = 0; j < k; j++) store<i32>(heap + ((<usize>j) << 2), indexOfKey(getKey(heap, j)));
}

/** Replaces the root by entry `i` if that ranks higher. */
function offer(heap: usize, k: i32, x: usize, i: i32): void {
  const key = keyOf(x, i);
  if (key <= getKey(heap, 0)) return;
  setKey(heap, 0, key);
  siftDown(heap, 0, k);
}

/**
 * A rank as one unsigned number: the value, its bits mapped so that they order as it does, then the
 * index inverted. Adding 0 makes -0 equal to 0.
 */
function keyOf(x: usize, i: i32): u64 {
  const bits = reinterpret<i32>(load<f32>(x + ((<usize>i) << 2)) + 0);
  const ordered = <u32>(bits ^ ((bits >> 31) | i32.MIN_VALUE));
  return ((<u64>ordered) << 32) | <u64>(<u32>~i);
}

function indexOfKey(key: u64): i32 {
  return ~(<i32>(<u32>key));
}

/** The row's entry that the root stands for. */
function valueOf(x: usize, heap: usize): f32 {
  return load<f32>(x + ((<usize>indexOfKey(getKey(heap, 0))) << 2));
}

function getKey(heap: usize, at: i32): u64 {
  return load<u64>(heap + ((<usize>at) << 3));
}

function setKey(heap: usize, at: i32, key: u64): void {
  store<u64>(heap + ((<usize>at) << 3), key);
}

/** Restores the min-heap `[0, size)` below `start`. */
function siftDown(heap: usize, start: i32, size: i32): void {
  const key = getKey(heap, start);
  let at = start;
  while (true) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && getKey(heap, child + 1) < getKey(heap, child)) child++;
    const smaller = getKey(heap, child);
    if (key <= smaller) break;
    setKey(heap, at, smaller);
    at = child;
  }
  setKey(heap, at, key);
}

/** Heapsort: the smallest goes to the end, again and again. */
function sortDescending(heap: usize, k: i32): void {
  for (let end = k - 1; end > 0; end--) {
    const smallest = getKey(heap, 0);
    setKey(heap, 0, getKey(heap, end));
    setKey(heap, end, smallest);
    siftDown(heap, 0, end);
  }
}
