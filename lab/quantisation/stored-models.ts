// One model stored in several ways, and what each says: kept from one run to the next until all have been read.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { showProgress } from '../shared/progress.ts';
import { keptFolder } from '../shared/random-files.ts';
import type { Pair } from './compare.ts';
import { readAnswers, type Reading, type ReadingOptions } from './read-answers.ts';
import { fileTypes, quantizeFile, type FileType } from './quantize-file.ts';
import { rescaleFile } from './rescale-file.ts';

export class StoredModels {
  readonly #file: string;
  readonly #folder: string;
  readonly #options: Omit<ReadingOptions, 'isPrompted'>;

  /** @param file - Whose weights, as they are when they are read back, are the model. */
  constructor(file: string, options: Omit<ReadingOptions, 'isPrompted'>) {
    this.#file = file;
    this.#options = options;
    const name = `quantisation-${path.basename(file, '.gguf')}-${options.positions}`;
    this.#folder = path.join(keptFolder, name);
  }

  /** Of one stored in a way, or of the file itself: both views. */
  async pair(type: FileType | 'file'): Promise<Pair> {
    const prompted = await this.reading(type, true);
    const bare = await this.reading(type, false);
    if (type !== 'file' && type !== 'F32') await rm(this.#pathOf(type), { force: true });
    return { prompted, bare };
  }

  async reading(type: FileType | 'file', isPrompted: boolean): Promise<Reading> {
    const kept = path.join(this.#folder, `${type}-${isPrompted ? 'prompted' : 'bare'}`);
    if (existsSync(`${kept}.json`)) {
      const { rows: _, ...known } = JSON.parse(await readFile(`${kept}.json`, 'utf8')) as Reading;
      const { buffer } = new Uint8Array(await readFile(`${kept}.rows`));
      return { ...known, rows: new Float32Array(buffer) };
    }
    const file = type === 'file' ? this.#file : await this.#write(type);
    showProgress(`reading ${path.basename(this.#file)} as ${type}`);
    const reading = await readAnswers(file, { ...this.#options, isPrompted });
    await mkdir(this.#folder, { recursive: true });
    await writeFile(`${kept}.rows`, new Uint8Array(reading.rows.buffer));
    await writeFile(`${kept}.json`, JSON.stringify({ ...reading, rows: undefined }));
    return reading;
  }

  /** Leaves the readings, which are small beside the models. */
  async removeModels(): Promise<void> {
    for (const type of Object.keys(fileTypes) as FileType[]) {
      await rm(this.#pathOf(type), { force: true });
    }
  }

  #pathOf(type: FileType): string {
    return path.join(this.#folder, `${type}.gguf`);
  }

  async #write(type: FileType): Promise<string> {
    const target = this.#pathOf(type);
    if (existsSync(target)) return target;
    await mkdir(this.#folder, { recursive: true });
    const source = type === 'F32' ? this.#file : await this.#write('F32');
    showProgress(`writing ${path.basename(this.#file)} as ${type}`);
    const part = `${target}.part`;
    await quantizeFile(source, part, type, this.#options.threads);
    if (type === 'F32') await rescaleFile(part);
    await rename(part, target);
    return target;
  }
}
