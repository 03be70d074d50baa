import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { z } from 'zod';

import { onAbort } from '../waiting/index.ts';
import type { BaseRows } from './base-rows.ts';
import type { PairFolder } from './pair-folder.ts';
import type { OnPairProgress } from './progress.ts';
import { tuningProgram } from './python-environment.ts';
import type { TuningSettings } from './settings.ts';
import { TuningError } from './tuning-error.ts';

export interface TuneAdapterOptions {
  readonly python: string;
  /** Absolute path of the model that is tuned. */
  readonly model: string;
  /** A Hugging Face folder with its weights, in place of those of the GGUF file. */
  readonly weights: string | null;
  readonly folder: Pick<PairFolder, 'adapter' | 'tuning'>;
  readonly settings: TuningSettings;
  readonly examples: ExampleFiles;
  /** Scales of singular values in place of a LoRA adapter, and what their file says of itself. */
  readonly svf?: { readonly task: string; readonly date: string };
  readonly threads: number | null;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: OnPairProgress;
}

/** What the program reads. */
export interface ExampleFiles {
  readonly training: string;
  readonly development: string;
  /** `null`: the expert is tuned alone. */
  readonly rows: BaseRows | null;
}

/** What tuning has come to. */
export interface TunedAdapter {
  /** The epoch whose adapter was taken, from 1. */
  readonly epoch: number;
  /** Mean nats of a token of the development set's answers; under `inside`, of the composition. */
  readonly development: number;
  readonly untuned: number;
}

const figure = z.number();

const eventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('loaded'), steps: figure, resumedAt: figure }),
  z.object({ kind: z.literal('step'), step: figure, steps: figure, loss: figure }),
  z.object({ kind: z.literal('epoch'), development: figure }),
  z.object({ kind: z.literal('done'), epoch: figure, development: figure, untuned: figure }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
]);

/**
 * Tunes a LoRA adapter on the small model, in Python, and writes it as GGUF. What was begun goes on.
 * @throws TuningError with what the program says; the signal's reason, after it has kept what it has.
 */
export async function tuneAdapter(options: TuneAdapterOptions): Promise<TunedAdapter> {
  const { python, folder, signal } = options;
  const file = path.join(folder.tuning, 'settings.json');
  await writeFile(file, `${JSON.stringify(programSettings(options), null, 2)}\n`);
  const log = path.join(folder.tuning, 'log.txt');
  await using written = await open(log, 'a');
  signal?.throwIfAborted();
  const child = spawn(python, [tuningProgram, file], {
    stdio: ['ignore', 'pipe', written.fd],
    env: { ...process.env, PYTHONUNBUFFERED: '1' },
  });
  const stay = onAbort(signal, () => child.kill('SIGTERM'));
  try {
    const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    ended.catch(() => {}); // it is awaited below
    const last = await readEvents(child, options);
    const [status, killedBy] = await ended;
    signal?.throwIfAborted();
    if (last?.kind === 'done') return last;
    const why =
      last?.kind === 'failed'
        ? last.message
        : `its program ended with ${status ?? killedBy}, and has written why to ${log}`;
    throw new TuningError(`The expert could not be tuned: ${why}`);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof TuningError) throw cause;
    throw new TuningError(`The expert could not be tuned: ${python} does not run.`, { cause });
  } finally {
    stay();
    child.kill();
  }
}

/** As the program names them. */
function programSettings({
  model,
  weights,
  folder,
  settings,
  examples,
  svf,
  threads,
}: TuneAdapterOptions) {
  const { rank, epochs, rate, batch, smoothing, strength, seed } = settings;
  return {
    model,
    weights,
    training: examples.training,
    development: examples.development,
    rows: examples.rows?.file ?? null,
    candidates: examples.rows?.candidates ?? null,
    adapter: folder.adapter,
    checkpoint: path.join(folder.tuning, 'checkpoint.pt'),
    rank,
    scale: 2 * rank,
    epochs,
    rate,
    batch,
    smoothing,
    strength,
    seed,
    threads,
    ...(svf !== undefined && { form: 'svf', ...svf }),
  };
}

type TuningEvent = z.output<typeof eventSchema>;

/** Hears the program out. @returns The last thing that it said. */
async function readEvents(
  child: ChildProcess,
  { settings, onProgress }: Pick<TuneAdapterOptions, 'settings' | 'onProgress'>,
): Promise<TuningEvent | undefined> {
  let last: TuningEvent | undefined;
  let development = '';
  for await (const line of createInterface({ input: child.stdout! })) {
    const read = eventSchema.safeParse(parseLine(line));
    if (!read.success) continue; // what a library says
    last = read.data;
    if (last.kind === 'epoch') development = `, held-out loss ${last.development.toFixed(3)}`;
    if (last.kind === 'loaded') {
      onProgress({ stage: 'tuning', done: last.resumedAt, of: last.steps });
    }
    if (last.kind === 'step') {
      const loss = `${settings.smoothing > 0 ? 'smoothed ' : ''}loss ${last.loss.toFixed(3)}`;
      const facts = loss + development;
      onProgress({ stage: 'tuning', done: last.step, of: last.steps, facts });
    }
  }
  return last;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
