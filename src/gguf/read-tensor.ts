import { GgufError } from '../spec/index.ts';
import { decodeTensor, readableTypes } from './quantize.ts';
import type { ReadableType } from './quantize.ts';
import { openGguf } from './read-header.ts';
import type { GgufHeader } from './read-header.ts';

/**
 * One tensor as float32, in the order of the file (`shape[0]` is the row).
 * @param header - Of the file at `path`.
 * @throws GgufError for a tensor that is missing, or of another type than F32, F16, BF16 or Q8_0.
 */
export async function readTensor(
  path: string,
  header: GgufHeader,
  name: string,
): Promise<Float32Array> {
  const field = `tensor "${name}"`;
  const tensor = header.tensors.get(name);
  if (tensor === undefined) {
    throw new GgufError(
      field,
      `${path} has no ${field}; it has ${header.tensors.size} tensors: ${someOf([...header.tensors.keys()])}.`,
    );
  }
  if (!readableTypes.includes(tensor.type)) {
    throw new GgufError(
      `${field}.type`,
      `${path}: ${field} is of type ${tensor.type}, but only ${readableTypes.join(', ')} can be read as numbers: use a file in one of these.`,
    );
  }
  return decodeTensor(await readTensorBytes(path, header, name), tensor.type as ReadableType);
}

/**
 * One tensor as its bytes stand in the file, of any type.
 * @param header - Of the file at `path`, which has it.
 * @throws GgufError where the file ends inside it.
 */
export async function readTensorBytes(
  path: string,
  header: GgufHeader,
  name: string,
): Promise<Uint8Array> {
  const tensor = header.tensors.get(name)!;
  await using file = await openGguf(path);
  const bytes = new Uint8Array(tensor.byteLength);
  let done = 0;
  while (done < bytes.length) {
    const position = header.dataOffset + tensor.offset + done;
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position);
    if (bytesRead === 0) {
      throw new GgufError(
        `tensor "${name}".offset`,
        `${path} ends inside tensor "${name}": fetch it again.`,
      );
    }
    done += bytesRead;
  }
  return bytes;
}

function someOf(names: readonly string[]): string {
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 4).join(', ')}, …`;
}
