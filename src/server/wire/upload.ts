import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { Busboy } from '@fastify/busboy';

import type { Upload } from '../../jobs/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import type { FileRecord } from '../../store/index.ts';
import { RefusedError } from '../edge/errors.ts';
import { expiryFields } from './batch-shapes.ts';

const limits = { files: 1, fields: 8, fieldSize: 1024, fieldNameSize: 100, parts: 9 };

/** Longest name of a file that is kept. */
const nameLength = 200;

/**
 * Takes a file out of a form as it comes, part by part. Nothing of it is kept unless all has come.
 * @throws RefusedError, InvalidOptionError, JobError, StoreError
 */
export async function receiveFile(request: Request, upload: Upload): Promise<FileRecord> {
  try {
    return await receive(request, upload);
  } catch (error) {
    await upload.abandon().catch(() => undefined);
    throw error;
  }
}

async function receive({ headers, body }: Request, upload: Upload): Promise<FileRecord> {
  const type = headers.get('content-type') ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    const what = 'Send the file as multipart/form-data, with the fields file and purpose.';
    throw new RefusedError('unsupported_media_type', what);
  }
  const form = createForm(type);
  const fields = new Map<string, string>();
  const source = Readable.fromWeb(body ?? new Blob([]).stream());
  let filename: string | undefined;
  let written: Promise<void> | undefined;
  let fault: unknown;
  form.on('field', (name, value) => fields.set(name, value));
  form.on('file', (name, stream, given) => {
    if (name !== 'file') {
      stream.resume();
      return;
    }
    filename = given;
    written = writeAll(stream, upload, (error) => {
      fault = error;
    });
    // A form that breaks off ends its file with an error, too.
    written.catch(() => undefined);
  });
  try {
    await pipeline(source, form);
    await written;
  } catch (cause) {
    fault ??= new RefusedError('malformed_request', 'The form is broken off, or none.', { cause });
  }
  if (fault !== undefined) throw fault;
  const keptMs = checkFields(fields, filename);
  return upload.finish(toName(filename!), keptMs);
}

function createForm(type: string): Busboy {
  try {
    return new Busboy({ headers: { 'content-type': type }, limits });
  } catch (cause) {
    throw new RefusedError('malformed_request', 'The form has no boundary.', { cause });
  }
}

/**
 * @param onFault - Told why it cannot be written. The rest of it is read all the same, and dropped: a client that is
 *   still sending reads no answer.
 */
async function writeAll(
  stream: AsyncIterable<Buffer>,
  upload: Upload,
  onFault: (error: unknown) => void,
): Promise<void> {
  let isWritten = true;
  for await (const part of stream) {
    if (!isWritten) continue;
    try {
      await upload.write(part);
    } catch (error) {
      isWritten = false;
      onFault(error);
    }
  }
}

const known = new Set(['purpose', 'expires_after[anchor]', 'expires_after[seconds]']);

/** @returns Milliseconds that the file is to be kept, if it says so. */
function checkFields(
  fields: ReadonlyMap<string, string>,
  filename: string | undefined,
): number | undefined {
  if (filename === undefined) throw new InvalidOptionError('file', 'file: the form has none.');
  for (const name of fields.keys()) {
    if (known.has(name)) continue;
    const shown = name.slice(0, 100);
    throw new InvalidOptionError(shown, `Unknown field: ${JSON.stringify(shown)}.`);
  }
  if (fields.get('purpose') !== 'batch') {
    throw new InvalidOptionError('purpose', 'purpose: it must be batch, what files are taken for.');
  }
  return keptMsOf(fields.get('expires_after[anchor]'), fields.get('expires_after[seconds]'));
}

function keptMsOf(anchor: string | undefined, seconds: string | undefined): number | undefined {
  if (anchor === undefined && seconds === undefined) return undefined;
  const given = { anchor, seconds: /^\d+$/.test(seconds ?? '') ? Number(seconds) : undefined };
  const { data, error } = expiryFields.safeParse(given);
  if (data !== undefined) return data.seconds * 1000;
  const place = error.issues[0]?.path[0] === 'anchor' ? 'anchor' : 'seconds';
  throw new InvalidOptionError(
    `expires_after[${place}]`,
    'expires_after: it must have the anchor created_at and from 3600 to 2592000 seconds.',
  );
}

function toName(filename: string): string {
  return filename.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').slice(0, nameLength) || 'file';
}
