import { z } from '@hono/zod-openapi';

import { didYouMean } from '../../faults/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';

/** An object whose unknown keys are refused by name, with the one that was probably meant. */
export function strictObject<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? describeUnknown(issue.keys, shape) : undefined,
  });
}

function describeUnknown(keys: readonly string[], shape: object): string {
  const name = shorten(keys[0] ?? '');
  return `Unknown parameter: ${JSON.stringify(name)}.${didYouMean(name, Object.keys(shape))}`;
}

/** An array of at most `most` elements; longer ones are refused before any element is looked at. */
export function boundedArray<Element extends z.ZodType>(element: Element, most: number) {
  return z.preprocess((value, context) => {
    if (!Array.isArray(value) || value.length <= most) return value;
    context.addIssue({
      code: 'custom',
      message: `has ${value.length} elements: at most ${most} are taken.`,
    });
    return z.NEVER;
  }, z.array(element));
}

const mostTokens = 2 ** 20;

const malformed = 'has half of a surrogate pair.';

/** What is wrong, and where inside the value. */
export interface Fault {
  readonly path: readonly number[];
  readonly message: string;
}

/** A schema of a check that stops at the first fault: a list may have a million of them. */
export function checkedBy<Value>(findFault: (value: unknown) => Fault | undefined) {
  return z.custom<Value>().superRefine((value: unknown, context) => {
    const fault = findFault(value);
    if (fault) context.addIssue({ code: 'custom', path: [...fault.path], message: fault.message });
  });
}

export function findTextFault(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return { path: [], message: 'must be a string.' };
  return isWellFormed(value) ? undefined : { path: [], message: malformed };
}

export function findTokensFault(value: unknown): Fault | undefined {
  if (!Array.isArray(value)) return { path: [], message: 'must be an array of token ids.' };
  if (value.length > mostTokens) {
    return { path: [], message: `has ${value.length} token ids: at most ${mostTokens} are taken.` };
  }
  const at = value.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= 2 ** 31);
  return at < 0 ? undefined : { path: [at], message: 'is not a token id.' };
}

export const tokenIds = checkedBy<number[]>(findTokensFault).openapi({
  type: 'array',
  items: { type: 'integer', minimum: 0 },
  maxItems: mostTokens,
});

/**
 * By a name of attributes; which there are, the recipe knows. Every name is looked at, `__proto__` too, which a
 * record of zod's leaves out in silence.
 */
export const numbersByName = z
  .custom<Record<string, number>>()
  .superRefine((value: unknown, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      context.addIssue({ code: 'custom', message: 'must be an object of numbers.' });
      return;
    }
    for (const [key, number] of Object.entries(value)) {
      const fault =
        key.length > 64
          ? 'is longer than any name.'
          : typeof number === 'number'
            ? undefined
            : 'must be a number.';
      if (fault === undefined) continue;
      context.addIssue({ code: 'custom', path: [key], message: fault });
      return;
    }
  })
  .openapi({ type: 'object', additionalProperties: { type: 'number' } });

/** Text that UTF-8 can say. */
export const wellFormedText = z.string().refine(isWellFormed, malformed);

function isWellFormed(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}

/** What a body says under either of two names. @throws InvalidOptionError if it says both. */
export function oneOf<Body, Name extends keyof Body & string>(
  body: Body,
  name: Name,
  other: Name,
): NonNullable<Body[Name]> | undefined {
  if (body[name] != null && body[other] != null) {
    throw new InvalidOptionError(other, `${other} is another name of ${name}: give one of them.`);
  }
  return body[name] ?? body[other] ?? undefined;
}

/** An issue that is an option's refusal, in its own words. */
export function refusedBy(refusal: InvalidOptionError) {
  return { code: 'custom' as const, message: refusal.message, params: { refusal } };
}

/** The first of a body's faults, as OpenAI reports one. */
export function toInvalidOption(error: z.core.$ZodError): InvalidOptionError {
  const issue = deepest(error.issues[0]!);
  const refusal: unknown = issue.code === 'custom' ? issue.params?.['refusal'] : undefined;
  if (refusal instanceof InvalidOptionError) return refusal;
  const keys = issue.code === 'unrecognized_keys' ? [shorten(issue.keys[0] ?? '')] : [];
  const param = toPath([...issue.path, ...keys]);
  if (issue.code === 'unrecognized_keys') return new InvalidOptionError(param, issue.message);
  const name = param === '' ? 'The body' : param;
  return new InvalidOptionError(param, `${name}: ${issue.message.slice(0, 400)}`);
}

/** Of a union, the fault of the alternative that got furthest, if one did. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors
    .map((issues) => issues[0])
    .filter((first) => first !== undefined)
    .toSorted((a, b) => b.path.length - a.path.length)[0];
  if (inner === undefined || inner.path.length === 0) return issue;
  return deepest({ ...inner, path: [...issue.path, ...inner.path] });
}

/** `messages[2].content`. */
export function toPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) =>
      typeof key === 'number' ? `[${key}]` : (index === 0 ? '' : '.') + shorten(String(key)),
    )
    .join('');
}

function shorten(name: string): string {
  return name.length <= 100 ? name : `${name.slice(0, 100)}…`;
}
