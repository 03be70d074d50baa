import { parseBasisText, priorOver, type Gaussian } from '../preference/index.ts';
import { InvalidOptionError } from '../spec/index.ts';
import type { ProfileAttribute, Recipe } from './recipe.ts';

/** The file of a learned basis, where a profile's prior is in it. */
export interface PriorFile {
  /** Absolute path. */
  readonly file: string;
  /** `null` if no files were read. */
  readonly text: string | null;
}

/** The file that a recipe's document names, as written: the document is unchecked. */
export function priorFileOf(document: unknown): string | null {
  const profile = (document as { profile?: unknown } | null)?.profile;
  const prior = (profile as { prior?: unknown } | null | undefined)?.prior;
  return typeof prior === 'string' && prior !== '' ? prior : null;
}

/**
 * The population's weights of the attributes, each of which must be a dimension of the basis.
 * @throws InvalidOptionError whose option is `profile.prior`.
 */
export function resolvePrior(
  { file, text }: PriorFile,
  attributes: readonly ProfileAttribute[],
  rewards: Recipe['rewards'],
): Gaussian {
  if (text === null) {
    throw refuse(
      'it is read where a recipe is loaded from its file alone: here, leave it out, and new users are ' +
        'taken to like anything.',
    );
  }
  const measured = attributes.map(({ name, reward, normalization: { deviation } }) => {
    const { source } = rewards.get(reward)!;
    if (source.kind === 'scalar' && source.headFile === file && source.head !== null) {
      return { name: source.head, deviation };
    }
    throw refuse(
      `${name} is measured by ${reward}, which is no head of that file: give the reward ` +
        '`headFile` and `head` of the basis, or leave the prior out.',
    );
  });
  try {
    return priorOver(parseBasisText(text), measured);
  } catch (cause) {
    if (cause instanceof InvalidOptionError) throw refuse(`${file}: ${cause.message}`, cause);
    throw cause;
  }
}

function refuse(what: string, cause?: Error): InvalidOptionError {
  return new InvalidOptionError('profile.prior', `profile.prior: ${what}`, { cause });
}
