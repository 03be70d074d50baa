// What texts are worth to simulated users of a real model: another real model says how they sound.
import { LoadedRecipe, resolveRecipe } from '../../src/index.ts';
import { realModelsFolder } from '../../test/support/real-models.ts';
import type { Once } from '../profiles/journal.ts';
import type { Samples } from '../profiles/systems.ts';
import type { Judge } from '../profiles/users.ts';
import { deviation, mean } from '../shared/numbers.ts';
import { wishNames, type WishName } from './wishes.ts';

/** Goes on behind a text in quotation marks: the first word where there is much of the attribute. */
const cloze = {
  cheerful: { stem: '\nThe tone of this text is', much: ' cheerful', little: ' serious' },
  simple: { stem: '\nThis text was written for', much: ' children', little: ' scientists' },
} as const;

export function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length;
}

/** The attributes of a text, shape `[wishes]`. */
export type Reading = readonly number[];

/** Reads texts with a model that takes no part in answering. */
export interface Reader extends AsyncDisposable {
  read(text: string): Promise<Reading>;
}

export async function openReader(file: string, once: Once): Promise<Reader> {
  const recipe = resolveRecipe(
    {
      name: 'judge',
      base: 'judge',
      formula: 'judge',
      models: { judge: { file, prompt: 'raw' } },
      engine: { maxSequences: 8, contextLength: 512 },
    },
    { directory: realModelsFolder },
  );
  const loaded = await LoadedRecipe.load(recipe);
  const logprobOf = async (text: string, stem: string, word: string) =>
    (await loaded.score(`"${text}"${stem}`, word, { owner: 'judge' })).logprob;
  const valueOf = async (name: WishName, text: string): Promise<number> => {
    if (name === 'brief') return -countWords(text);
    const { stem, much, little } = cloze[name];
    return (await logprobOf(text, stem, much)) - (await logprobOf(text, stem, little));
  };
  return {
    read: (text) =>
      once(['reading', cloze, text], () =>
        Promise.all(wishNames.map((name) => valueOf(name, text))),
      ),
    [Symbol.asyncDispose]: () => loaded[Symbol.asyncDispose](),
  };
}

/**
 * @param samples - The recipe's own answers: their standard deviation among answers to the same question is the
 *   judge's unit.
 */
export async function createModelJudge(reader: Reader, samples: Samples): Promise<Judge> {
  const known = new Map<string, Reading>();
  const read = async (texts: readonly string[]): Promise<void> => {
    const readings = await Promise.all(texts.map((text) => reader.read(text)));
    for (const [i, text] of texts.entries()) known.set(text, readings[i]!);
  };
  const usual = samples.map((answers) => answers.map(({ text }) => text));
  await read(usual.flat());
  const units = wishNames.map((_, k) =>
    deviation(usual.flatMap((texts) => centred(texts.map((text) => known.get(text)![k]!)))),
  );
  return { read, features: (text) => known.get(text)!.map((value, k) => value / units[k]!) };
}

function centred(values: readonly number[]): number[] {
  const middle = mean(values);
  return values.map((value) => value - middle);
}
