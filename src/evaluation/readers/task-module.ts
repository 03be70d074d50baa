import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { z } from 'zod';

import { InvalidOptionError } from '../../spec/index.ts';
import { createTask, type EvaluationTask } from '../task.ts';
import { itemDraftSchema } from './item-schema.ts';
import { taskName } from './source-text.ts';

const exportSchema = z.strictObject({
  name: z.string().min(1).optional(),
  items: z.array(itemDraftSchema),
});

/** Whether a file is a program that gives a task, by its extension. */
export function isTaskModule(file: string): boolean {
  return /\.[cm]?[jt]s$/.test(file);
}

/**
 * The task that a JavaScript module exports (a TypeScript one where Node reads that): its default export
 * is `{ items, name? }`, or a function that gives that or a promise of it. It runs in this process, with
 * all that this process may do: load only what may run.
 * @throws InvalidOptionError if the module cannot be loaded or what it exports is no task.
 */
export async function loadTaskModule(file: string): Promise<EvaluationTask> {
  const { name = taskName(file), items } = parseExport(file, await loadExport(file));
  return createTask(name, items, (i) => `${file}: items[${i}]`);
}

async function loadExport(file: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(path.resolve(file)).href)) as { default?: unknown };
    const exported = module.default;
    return typeof exported === 'function' ? await (exported as () => unknown)() : exported;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const remedy =
      code === 'ERR_UNKNOWN_FILE_EXTENSION'
        ? ' TypeScript needs Node 22.18 or newer here: use that, or compile the module.'
        : '';
    throw new InvalidOptionError(file, `${file} cannot be loaded: ${message}.${remedy}`, { cause });
  }
}

function parseExport(file: string, exported: unknown): z.infer<typeof exportSchema> {
  const { data, error } = exportSchema.safeParse(exported);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  const place = issue!.path.length === 0 ? 'its default export' : issue!.path.join('.');
  throw new InvalidOptionError(
    file,
    `${file} exports no task: ${place}: ${issue!.message}. Expected export default { items: [{ kind, … }] }.`,
  );
}
