import { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import { InvalidOptionError, StoreError } from '../../spec/index.ts';
import { createFolder, replaceFile } from '../../files/index.ts';
import { differences, runDescriptionSchema, type RunDescription } from './run-description.ts';

/** Files of an evaluation. */
export interface RunFiles {
  readonly description: string;
  /** One `ItemResult` to a line. */
  readonly results: string;
  /** One `ItemCost` to a line. */
  readonly costs: string;
}

function runFiles(directory: string): RunFiles {
  return {
    description: path.join(directory, 'run.json'),
    results: path.join(directory, 'results.jsonl'),
    costs: path.join(directory, 'costs.jsonl'),
  };
}

/**
 * The directory's files, made for this evaluation if it holds no results.
 * @throws InvalidOptionError if it holds another one; StoreError if it cannot be read or written.
 */
export async function openRunDirectory(
  directory: string,
  description: RunDescription,
): Promise<RunFiles> {
  const files = runFiles(directory);
  const there = await readDescription(files.description);
  const different = there === null ? null : differences(there, description);
  if (different?.length === 0) return files;
  if (different === null || !(await hasResults(files))) {
    createFolder(directory);
    await replaceFile(files.description, `${JSON.stringify(description, null, 2)}\n`);
    return files;
  }
  throw new InvalidOptionError(
    'output',
    `${directory} holds another evaluation. They differ in ${listed(different)}. ` +
      'Give another directory, or let this one begin anew.',
  );
}

async function hasResults({ results }: RunFiles): Promise<boolean> {
  try {
    return (await stat(results)).size > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Removes an evaluation's files. */
export async function clearRunDirectory(directory: string): Promise<void> {
  for (const file of Object.values(runFiles(directory))) await rm(file, { force: true });
}

/** @returns `null` if there is none. @throws StoreError if it is damaged. */
async function readDescription(file: string): Promise<RunDescription | null> {
  let text;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return runDescriptionSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new StoreError(
      'corrupt',
      `${file} does not describe an evaluation. Give another directory, or let this one begin anew.`,
      { cause },
    );
  }
}

const mostListed = 4;

function listed(different: readonly string[]): string {
  const rest = different.length - mostListed;
  const shown = different.slice(0, mostListed).join(', ');
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
