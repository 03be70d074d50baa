/**
 * The smallest float32 that is not below `value`: for float32 x, `x >= value` and
 * `x >= ceilToFloat32(value)` are the same. NaN stays NaN, which nothing is above.
 */
export function ceilToFloat32(value: number): number {
  const rounded = Math.fround(value);
  if (!(rounded < value)) return rounded;
  const floats = Float32Array.of(rounded);
  const bits = new Int32Array(floats.buffer);
  bits[0]! += rounded < 0 ? -1 : 1; // sign and magnitude: towards +Infinity
  return floats[0]!;
}
