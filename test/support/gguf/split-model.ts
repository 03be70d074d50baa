import { readFile } from 'node:fs/promises';

import {
  readGgufHeader,
  writeGguf,
  type MetadataValue,
  type TensorInfo,
  type WritableType,
} from '../../../src/gguf/index.ts';

/**
 * Writes a model again as two files, `STEM-00001-of-00002.gguf` and the other, as llama.cpp splits them.
 * @returns Their paths.
 */
export async function splitModel(file: string, stem: string): Promise<[string, string]> {
  const { metadata, tensors, dataOffset } = await readGgufHeader(file);
  const bytes = await readFile(file);
  const all = [...tensors.values()];
  const half = Math.ceil(all.length / 2);
  const numbers = (part: number): [string, MetadataValue][] => [
    ['split.no', { type: 'uint16', value: part }],
    ['split.count', { type: 'uint16', value: 2 }],
    ['split.tensors.count', { type: 'int32', value: all.length }],
  ];
  const source = ({ name, shape, type, offset, byteLength }: TensorInfo) => ({
    name,
    shape,
    type: type as WritableType,
    data: () => [bytes.subarray(dataOffset + offset, dataOffset + offset + byteLength)],
  });
  const paths = [1, 2].map((part) => `${stem}-0000${part}-of-00002.gguf`) as [string, string];
  const architecture = metadata.get('general.architecture')!;
  await writeGguf(paths[0], {
    metadata: [...metadata, ...numbers(0)],
    tensors: all.slice(0, half).map(source),
  });
  await writeGguf(paths[1], {
    metadata: [['general.architecture', architecture], ...numbers(1)],
    tensors: all.slice(half).map(source),
  });
  return paths;
}
