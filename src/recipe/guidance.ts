import { z } from 'zod';

import { didYouMean } from '../faults/index.ts';
import { InvalidOptionError, type Guidance } from '../spec/index.ts';
import { requireNumber, type NumberRange } from './number-range.ts';
import { requireMapping } from './option-mapping.ts';
import type { Recipe } from './recipe.ts';

type Method = Guidance['method'];

/** A setting of a method: its range, and the value where none is given. */
interface Setting extends NumberRange {
  readonly default: number;
}

type Settings<M extends Method> = Readonly<
  Record<Exclude<keyof Extract<Guidance, { method: M }>, 'method'>, Setting>
>;

const candidates: Setting = { default: 10, min: 1, max: 256, isWhole: true };

/**
 * ARGS's number of candidates; CARDS's entropy and temperature. Its threshold is one deviation above the
 * mean of rewards that are normalised on the base's answers.
 */
const methods: { readonly [M in Method]: Settings<M> } = {
  args: { candidates },
  rad: { candidates },
  segments: {
    entropy: { default: 3, min: 0, max: 100 },
    threshold: { default: 1, min: -Infinity, max: Infinity },
    beta: { default: 0.7, min: 0, max: Infinity, isAbove: true },
    maxTokens: { default: 32, min: 1, max: 4096, isWhole: true },
    maxTries: { default: 8, min: 1, max: 256, isWhole: true },
  },
  'best-of': { n: { default: 8, min: 1, max: 64, isWhole: true } },
};

const { segments } = methods;

const methodNames = Object.keys(methods) as readonly Method[];

export const guidanceSchema = z
  .strictObject({
    method: z
      .enum(['args', 'rad', 'segments', 'best-of'])
      .describe(
        "'args' (the default): add the rewards to the best candidates' logits at every token; 'rad': the " +
          "same with each reward clamped to [0, 1]; 'segments': sample segments again until a reward " +
          "accepts one; 'best-of': the best of several whole answers.",
      ),
    candidates: z
      .number()
      .optional()
      .describe(
        `args, rad: how many tokens the rewards choose among; ${limits(methods.args.candidates)}.`,
      ),
    entropy: z
      .number()
      .optional()
      .describe(
        `segments: nats of entropy of the next token at which a segment ends; ${preset(segments.entropy)}.`,
      ),
    threshold: z
      .number()
      .optional()
      .describe(
        `segments: the reward that is accepted for certain; ${preset(segments.threshold)}.`,
      ),
    beta: z
      .number()
      .optional()
      .describe(
        `segments: how gently what is below the threshold is refused; ${preset(segments.beta)}.`,
      ),
    maxTokens: z
      .number()
      .optional()
      .describe(`segments: tokens of one segment at most; ${limits(segments.maxTokens)}.`),
    maxTries: z
      .number()
      .optional()
      .describe(
        `segments: samples of one segment, of which the best is then taken; ${limits(segments.maxTries)}.`,
      ),
    n: z
      .number()
      .optional()
      .describe(`best-of: whole answers; ${limits(methods['best-of'].n)}.`),
  })
  .describe('How the rewards act on an answer.');

function preset(setting: Setting): string {
  return `${setting.default} by default`;
}

function limits(setting: Setting): string {
  return `${preset(setting)}, at most ${setting.max}`;
}

/** @throws InvalidOptionError naming the setting, e.g. `guidance.candidates`. */
export function toGuidance(given: unknown): Guidance {
  const method = methodOf(given);
  const settings: Readonly<Record<string, Setting>> = methods[method];
  const { method: _, ...values } = requireMapping('guidance', given, [
    'method',
    ...Object.keys(settings),
  ]);
  const numbers = Object.entries(settings).map(([name, setting]) => [
    name,
    requireNumber(`guidance.${name}`, values[name] ?? setting.default, setting),
  ]);
  return { method, ...Object.fromEntries(numbers) } as Guidance;
}

/** Where nothing is said. */
export const defaultGuidance = toGuidance({ method: 'args' });

/**
 * How a request's rewards act: as it says, with defaults for what it leaves out, or as the recipe says.
 * @throws InvalidOptionError
 */
export function resolveGuidance(
  recipe: Pick<Recipe, 'guidance'>,
  given: Guidance | undefined,
): Guidance {
  return given === undefined ? recipe.guidance : toGuidance(given);
}

function methodOf(given: unknown): Method {
  const everyKey = methodNames.flatMap((name) => Object.keys(methods[name]));
  const { method } = requireMapping('guidance', given, ['method', ...new Set(everyKey)]);
  const known = methodNames.find((name) => name === method);
  if (known !== undefined) return known;
  throw new InvalidOptionError(
    'guidance.method',
    `guidance.method must be ${methodNames.join(', ')}, not ${String(method)}.` +
      didYouMean(String(method), methodNames),
  );
}
