import { z } from '@hono/zod-openapi';

import { batchEndpoints } from '../../jobs/index.ts';
import type { BatchRecord, FileRecord } from '../../store/index.ts';
import { strictObject } from './validation.ts';

export const fileObject = z
  .object({
    id: z.string(),
    object: z.literal('file'),
    bytes: z.int(),
    created_at: z.int(),
    expires_at: z.int().nullable(),
    filename: z.string(),
    purpose: z.enum(['batch', 'batch_output']),
    status: z.literal('processed'),
  })
  .openapi('File');

export const objectListOf = <Item extends z.ZodType>(item: Item) => ({
  object: z.literal('list'),
  data: z.array(item),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
  has_more: z.boolean(),
});

export const fileList = z.object(objectListOf(fileObject)).openapi('FileList');

export const deletedFile = z
  .object({ id: z.string(), object: z.literal('file'), deleted: z.literal(true) })
  .openapi('DeletedFile');

/** How long a file is kept. */
export const expiryFields = strictObject({
  anchor: z.literal('created_at'),
  seconds: z.int().min(3600).max(2_592_000),
});

/** `POST /v1/batches`. */
export const newBatchBody = strictObject({
  input_file_id: z.string().max(200),
  endpoint: z.enum(batchEndpoints),
  completion_window: z.literal('24h'),
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine((metadata) => Object.keys(metadata).length <= 16, 'has more than 16 entries.')
    .nullish(),
  output_expires_after: expiryFields.nullish(),
}).openapi('NewBatch');

const time = z.int().nullable();

export const batchObject = z
  .object({
    id: z.string(),
    object: z.literal('batch'),
    endpoint: z.string(),
    errors: z
      .object({
        object: z.literal('list'),
        data: z.array(
          z.object({
            code: z.string(),
            message: z.string(),
            param: z.string().nullable(),
            line: z.int().nullable(),
          }),
        ),
      })
      .nullable(),
    input_file_id: z.string(),
    completion_window: z.literal('24h'),
    status: z.enum([
      'validating',
      'failed',
      'in_progress',
      'finalizing',
      'completed',
      'expired',
      'cancelling',
      'cancelled',
    ]),
    output_file_id: z.string().nullable(),
    error_file_id: z.string().nullable(),
    created_at: z.int(),
    in_progress_at: time,
    expires_at: z.int(),
    finalizing_at: time,
    completed_at: time,
    failed_at: time,
    expired_at: time,
    cancelling_at: time,
    cancelled_at: time,
    request_counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
    metadata: z.record(z.string(), z.string()).nullable(),
  })
  .openapi('Batch');

export const batchList = z.object(objectListOf(batchObject)).openapi('BatchList');

/** Which part of a list. */
export const pageQuery = {
  after: z.string().max(200).optional().openapi({ description: 'The id before it.' }),
  limit: z.coerce.number().int().min(1).max(10_000).optional(),
};

export function toFileObject(file: FileRecord): z.output<typeof fileObject> {
  return {
    id: file.id,
    object: 'file',
    bytes: file.bytes,
    created_at: toSeconds(file.createdAt),
    expires_at: file.expiresAt === null ? null : toSeconds(file.expiresAt),
    filename: file.filename,
    purpose: file.purpose,
    status: 'processed',
  };
}

export function toBatchObject(batch: BatchRecord): z.output<typeof batchObject> {
  const { times, faults } = batch;
  const at = (status: keyof typeof times) => {
    const ms = times[status];
    return ms === undefined ? null : toSeconds(ms);
  };
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    errors: faults.length === 0 ? null : { object: 'list', data: [...faults] },
    input_file_id: batch.inputFileId,
    completion_window: '24h',
    status: batch.status,
    output_file_id: batch.outputFileId,
    error_file_id: batch.errorFileId,
    created_at: toSeconds(batch.createdAt),
    in_progress_at: at('in_progress'),
    expires_at: toSeconds(batch.expiresAt),
    finalizing_at: at('finalizing'),
    completed_at: at('completed'),
    failed_at: at('failed'),
    expired_at: at('expired'),
    cancelling_at: at('cancelling'),
    cancelled_at: at('cancelled'),
    request_counts: batch.counts,
    metadata: batch.metadata,
  };
}

/** A page of a list that was read with one more than its limit. */
export function toObjectList<Item extends { readonly id: string }>(
  found: readonly Item[],
  limit: number,
) {
  const data = found.slice(0, limit);
  return {
    object: 'list' as const,
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: found.length > limit,
  };
}

export function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
