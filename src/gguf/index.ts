export { dequantizeFile } from './dequantize.ts';
export { describeModel, kvBytesPerToken } from './describe.ts';
export type { ModelDescription, SpecialTokenDescription } from './describe.ts';
export { readGgufHeader } from './read-header.ts';
export { readModelHeader } from './read-model.ts';
export type { GgufHeader } from './read-header.ts';
export type { TensorInfo } from './read-tensor-infos.ts';
export { decodeTensor, encodeTensor } from './quantize.ts';
export { readTensor, readTensorBytes } from './read-tensor.ts';
export type { TensorType } from './tensor-types.ts';
/** @public */
export { int32, uint64 } from './values.ts';
export { arrayOfNumbers, arrayOfStrings, bool, float32, string, uint32 } from './values.ts';
export type { ArrayValue, Metadata, MetadataValue, NumberType, ValueType } from './values.ts';
export { writeGguf } from './write.ts';
export type { EncodedChunks, GgufContents, TensorSource } from './write.ts';
export type { ReadableType, WritableType } from './quantize.ts';
