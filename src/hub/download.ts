import { rm } from 'node:fs/promises';

import { HubError } from '../spec/index.ts';
import { createBackoff, pause, type StartTimer } from '../waiting/index.ts';
import type { HubClient, HubFile } from './hub-client.ts';
import type { HubName } from './hub-name.ts';
import { PartFile } from './part-file.ts';
import { sayBytes } from './say-bytes.ts';
import type { HubResponse } from './send-request.ts';

/** The hub has another file than the one that it listed. */
export class FileChanged extends Error {
  override readonly name = 'FileChanged';
}

export interface Download {
  readonly client: HubClient;
  readonly name: HubName;
  readonly commit: string;
  readonly file: HubFile;
  /** Where it is put, bit by bit. */
  readonly part: string;
  readonly signal: AbortSignal | undefined;
  readonly startTimer: StartTimer;
  /** Called with the bytes that are there. */
  readonly onBytes: (bytes: number) => void;
  readonly onWait: (delayMs: number, why: string) => void;
}

/** Connections that break off one after the other and bring nothing. */
const maxFailures = 5;

/**
 * Brings a file, or what is missing of it, and makes sure that it is the one that was announced.
 * @throws HubError; FileChanged; the file system's error. What has come stays, unless it is wrong.
 */
export async function download(work: Download): Promise<void> {
  const { file, signal } = work;
  await using part = await PartFile.open(work.part, file, signal);
  const isResumed = part.bytes > 0;
  await fill(part, work);
  if (!part.isWhole()) {
    await part.restart();
    // What was there before may have been damaged; what came just now was wrong.
    if (isResumed) await fill(part, work);
    if (!isResumed || !part.isWhole()) {
      await rm(work.part, { force: true });
      throw new HubError(
        'corrupt',
        `${file.path} is not what the hub announced: its hash is not ${file.etag}. It was removed: fetch it again.`,
      );
    }
  }
  await part.sync();
}

async function fill(part: PartFile, work: Download): Promise<void> {
  const { file, signal, startTimer, onBytes, onWait } = work;
  const backoff = createBackoff({ minMs: 500, maxMs: 16_000 });
  const source: Source = { validator: null };
  onBytes(part.bytes);
  for (let failures = 0; part.bytes < file.bytes;) {
    const before = part.bytes;
    try {
      await bring(part, work, source);
      if (part.bytes < file.bytes) throw new Error('it ended too early');
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof HubError || error instanceof FileChanged || isOfDisk(error)) throw error;
      if (part.bytes > before) {
        failures = 0;
        backoff.reset();
      }
      failures++;
      if (failures === maxFailures) throw brokenOff(work, part, error);
      const delayMs = backoff.next();
      onWait(delayMs, `the connection broke off: ${messageOf(error)}`);
      await pause(delayMs, signal, startTimer);
    }
  }
}

/** Where the bytes come from, as it was last seen. */
interface Source {
  /** A strong validator, for `If-Range`. */
  validator: string | null;
}

/** One connection. */
async function bring(part: PartFile, work: Download, source: Source): Promise<void> {
  const { client, name, commit, file, onBytes } = work;
  const { validator } = source;
  const response = await client.open(name, {
    commit,
    path: file.path,
    from: part.bytes,
    validator,
  });
  const { body, headers } = response;
  try {
    requireSame(response, file);
    if (response.status === 416) return await part.restart();
    if (!startsAt(response, part.bytes, file)) await part.restart();
    const { etag = '' } = headers;
    source.validator = /^"[^"]*"$/.test(etag) ? etag : null;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (part.bytes + chunk.length > file.bytes) {
        await part.restart();
        throw new HubError(
          'corrupt',
          `${file.path} is longer than the ${file.bytes} bytes that the hub announced.`,
        );
      }
      await part.append(chunk).catch((error: unknown) => {
        throw toDiskError(error, work, part);
      });
      onBytes(part.bytes);
    }
  } finally {
    body.destroy();
  }
  return undefined;
}

/** Whether an answer goes on at `from`; else it begins at the start. @throws FileChanged, HubError */
function startsAt({ status, headers, url }: HubResponse, from: number, file: HubFile): boolean {
  if (status === 200) {
    const length = headers['content-length'];
    if (length !== undefined && Number(length) !== file.bytes) throw new FileChanged();
    return from === 0;
  }
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  if (status !== 206 || Number(start) !== from) {
    throw new HubError(
      'unavailable',
      `${url.host} answers with what is no part of ${file.path}: try again later.`,
    );
  }
  if (total !== '*' && Number(total) !== file.bytes) throw new FileChanged();
  return true;
}

/** @throws FileChanged if the hub says that the file is another than it listed. */
function requireSame({ hubHeaders }: HubResponse, { etag: expected }: HubFile): void {
  const linked = hubHeaders['x-linked-etag'] ?? hubHeaders.etag;
  const etag = String(linked ?? '').replace(/^W\/|"/g, '');
  // A mirror's own may be of another kind.
  const isOfKind = /^[0-9a-f]+$/.test(etag) && etag.length === expected.length;
  if (isOfKind && etag !== expected) throw new FileChanged();
}

function brokenOff({ file }: Download, { bytes }: PartFile, cause: unknown): HubError {
  return new HubError(
    'unavailable',
    `${file.path} broke off ${maxFailures} times (${messageOf(cause)}). The ${sayBytes(bytes)} of ${sayBytes(file.bytes)} ` +
      'that are there stay: the same command goes on from them.',
    { cause },
  );
}

function toDiskError(error: unknown, { file }: Download, { bytes }: PartFile): unknown {
  if (!isOfDisk(error) || !/^(?:ENOSPC|EDQUOT)$/.test(error.code ?? '')) return error;
  return new HubError(
    'no-space',
    `The disk is full after ${sayBytes(bytes)} of ${sayBytes(file.bytes)} of ${file.path}: free some space, and the same ` +
      'command goes on from them.',
    { cause: error },
  );
}

/** Errors of files have a path or are of a call that writes. */
function isOfDisk(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('syscall' in error)) return false;
  return (
    ['write', 'open', 'ftruncate', 'fsync', 'rename'].includes(String(error.syscall)) &&
    !('address' in error)
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
