import { ReadableStream } from 'node:stream/web';

import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';

import { failures } from '../edge/failures.ts';
import type { AppEnv, ServerContext } from '../environment.ts';
import {
  deletedFile,
  fileList,
  fileObject,
  pageQuery,
  toFileObject,
  toObjectList,
} from '../wire/batch-shapes.ts';
import { jsonAnswer } from '../wire/openai-shapes.ts';
import { receiveFile } from '../wire/upload.ts';
import { readRange } from '../wire/range.ts';

const byId = z.object({ id: z.string() });

/** `POST /v1/files`, whose body is no JSON and may be long: it comes before what bodies must be. */
export function addUpload(app: OpenAPIHono<AppEnv>, { batches, calls }: ServerContext): void {
  app.openAPIRegistry.registerPath({
    method: 'post',
    path: '/v1/files',
    request: {
      body: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: z.object({
              file: z
                .string()
                .openapi({ format: 'binary', description: 'JSONL, a request a line.' }),
              purpose: z.literal('batch'),
              'expires_after[anchor]': z.literal('created_at').optional(),
              'expires_after[seconds]': z.int().min(3600).max(2_592_000).optional(),
            }),
          },
        },
      },
    },
    responses: { 200: jsonAnswer('The file.', fileObject), ...failures('job') },
  });
  app.post('/v1/files', async (c) => {
    using _ = calls.begin(c.var.client);
    const opened = await batches.get();
    return c.json(toFileObject(await receiveFile(c.req.raw, opened.upload(c.var.owner))), 200);
  });
}

/** `/v1/files`: what batches read and write, each owner's own. */
export function addFiles(app: OpenAPIHono<AppEnv>, { batches }: ServerContext): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/files',
      request: {
        query: z.object({
          ...pageQuery,
          order: z.enum(['asc', 'desc']).optional(),
          purpose: z.enum(['batch', 'batch_output']).optional(),
        }),
      },
      responses: {
        200: jsonAnswer("The key's files, newest first.", fileList),
        ...failures('job'),
      },
    }),
    async (c) => {
      const { after, limit = 10_000, order = 'desc', purpose } = c.req.valid('query');
      const opened = await batches.get();
      const found = await opened.files(c.var.owner, { after, limit: limit + 1, order }, purpose);
      return c.json(toObjectList(found.map(toFileObject), limit), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/files/{id}',
      request: { params: byId },
      responses: { 200: jsonAnswer('The file.', fileObject), ...failures('job') },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      return c.json(toFileObject(await (await batches.get()).file(c.var.owner, id)), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/files/{id}',
      request: { params: byId },
      responses: { 200: jsonAnswer('It is gone.', deletedFile), ...failures('job') },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await (await batches.get()).deleteFile(c.var.owner, id);
      return c.json({ id, object: 'file' as const, deleted: true as const }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/files/{id}/content',
      request: { params: byId },
      responses: {
        200: {
          description: 'All of it.',
          content: { 'application/jsonl': { schema: z.string() } },
        },
        206: {
          description: 'The part that `Range` names.',
          content: { 'application/jsonl': { schema: z.string() } },
        },
        416: { description: 'It has no such part.' },
        ...failures('job'),
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const opened = await batches.get();
      const file = await opened.file(c.var.owner, id);
      const etag = `"${file.id}"`; // what a file holds never changes
      const name = encodeURIComponent(file.filename);
      const headers = {
        'accept-ranges': 'bytes',
        'content-type': 'application/jsonl',
        'content-disposition': `attachment; filename*=UTF-8''${name}`,
        etag,
      };
      const range = readRange(c.req.header('range'), c.req.header('if-range'), etag, file.bytes);
      if (range === 'none') {
        return c.body(null, 416, { ...headers, 'content-range': `bytes */${file.bytes}` });
      }
      const { from, to } = range ?? { from: 0, to: file.bytes - 1 };
      const length = String(to - from + 1);
      const content = file.bytes === 0 ? null : toStream(opened.content(file, from, to));
      if (range === undefined)
        return c.body(content ?? '', 200, { ...headers, 'content-length': length });
      const place = `bytes ${from}-${to}/${file.bytes}`;
      return c.body(content ?? '', 206, {
        ...headers,
        'content-length': length,
        'content-range': place,
      });
    },
  );
}

/** Reads on when the client has taken what there is. */
function toStream(parts: AsyncGenerator<Uint8Array, void>) {
  return ReadableStream.from(parts);
}
