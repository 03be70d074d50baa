import { encodeTensor } from './quantize.ts';
import { readGgufHeader } from './read-header.ts';
import { readTensor } from './read-tensor.ts';
import { uint32 } from './values.ts';
import { writeGguf } from './write.ts';

/** llama.cpp's `general.file_type` of a file of F32 tensors. */
const allF32 = 0;

/**
 * Writes the model of `source` with every tensor as F32: the same weights without the arithmetic of
 * quantised kernels, so that results can be compared with another implementation's.
 * @throws GgufError where `source` has tensors that cannot be read as numbers.
 */
export async function dequantizeFile(source: string, target: string): Promise<void> {
  const header = await readGgufHeader(source);
  const metadata = new Map(header.metadata);
  metadata.delete('general.alignment');
  if (metadata.has('general.file_type')) metadata.set('general.file_type', uint32(allF32));
  const tensors = [...header.tensors.values()].map(({ name, shape }) => ({
    name,
    shape,
    type: 'F32' as const,
    async *data() {
      yield encodeTensor(await readTensor(source, header, name), 'F32');
    },
  }));
  await writeGguf(target, { metadata, tensors });
}
