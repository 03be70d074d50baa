import { InvalidOptionError } from '../spec/index.ts';

/** Who drafts what a generation may go on with: whoever is fastest now, nobody, copies, or a model by its name. */
export type DrafterSetting = 'auto' | 'off' | 'copies' | { readonly model: string };

/** How a draft and what is chosen are drawn together. */
export type Coupling = 'gumbel' | 'maximal';

/** What `speculation` says. */
export interface SpeculationSetting {
  readonly drafter: DrafterSetting;
  /** Tokens drafted at most; `undefined` is as many as pay. */
  readonly length: number | undefined;
  readonly coupling: Coupling;
}

const words = ['auto', 'off', 'copies'] as const;
const couplings = ['gumbel', 'maximal'] as const;

/** Tokens of one draft at most, whoever asks. */
export const mostDrafted = 15;

const form =
  'speculation is auto, off, copies or the name of a model, and may go on with settings: copies:length=4, ' +
  'tuned:length=4,coupling=maximal';

/**
 * Reads `auto`, `off`, `copies` or a model's name, with settings behind a colon: `tuned:length=4`.
 * @throws InvalidOptionError
 */
export function readSpeculation(text: string): SpeculationSetting {
  const [name, settings] = splitOnce(text, ':');
  if (name === '') throw refused(`${form}. There is no name in ${JSON.stringify(text)}.`);
  const word = words.find((each) => each === name);
  const given = new Map<string, string>();
  for (const setting of settings === undefined ? [] : settings.split(',')) {
    const [key, value] = splitOnce(setting, '=');
    if (value === undefined || given.has(key) || !['length', 'coupling'].includes(key)) {
      throw refused(`${form}. ${JSON.stringify(setting)} is no such setting.`);
    }
    given.set(key, value);
  }
  if (word === 'off' && given.size > 0) throw refused(`${form}; off has no settings.`);
  return {
    drafter: word ?? { model: name },
    length: readLength(given.get('length')),
    coupling: readCoupling(given.get('coupling')),
  };
}

function readLength(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const length = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (length >= 1 && length <= mostDrafted) return length;
  throw refused(
    `The length of a draft is 1 to ${mostDrafted} tokens, not ${JSON.stringify(text)}.`,
  );
}

function readCoupling(text = 'gumbel'): Coupling {
  const coupling = couplings.find((each) => each === text);
  if (coupling !== undefined) return coupling;
  throw refused(`coupling is ${couplings.join(' or ')}, not ${JSON.stringify(text)}.`);
}

function refused(message: string): InvalidOptionError {
  return new InvalidOptionError('speculation', message);
}

/** What is before and after the first `by`; nothing is after where there is none. */
function splitOnce(text: string, by: string): readonly [string, string?] {
  const at = text.indexOf(by);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + by.length)];
}
