import { realpath } from 'node:fs/promises';
import path from 'node:path';

import { serveStatic } from '@hono/node-server/serve-static';
import { createMiddleware } from 'hono/factory';

import type { AppEnv } from './environment.ts';

/** The files of a folder, to everybody; what is not a file of it is left to the routes that follow. */
export function staticPage(folder: string) {
  const serve = serveStatic<AppEnv>({ root: folder });
  return createMiddleware<AppEnv>(async (c, next) => {
    const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
    if (!isRead || !(await isInside(folder, c.req.path))) return next();
    return serve(c, next);
  });
}

/** Whether the path, its links followed, is still in the folder. `serveStatic` refuses `..` by itself. */
async function isInside(folder: string, requested: string): Promise<boolean> {
  try {
    const root = await realpath(folder);
    const file = await realpath(path.join(root, requested));
    return file === root || file.startsWith(root + path.sep);
  } catch {
    return false;
  }
}
