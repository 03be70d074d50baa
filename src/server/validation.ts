import { z } from '@hono/zod-openapi';

import { didYouMean } from '../compose/index.ts';
import { InvalidOptionError } from '../spec/index.ts';

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
  return z.array(z.unknown()).max(most).pipe(z.array(element));
}

/** Ids of tokens, checked up to the first that is not one: a list may have a million. */
export const tokenIds = z
  .custom<number[]>(
    (value) =>
      Array.isArray(value) &&
      value.length <= mostTokens &&
      value.every((id) => Number.isInteger(id) && id >= 0 && id < 2 ** 31),
    `must be an array of at most 1,048,576 token ids.`,
  )
  .openapi({ type: 'array', items: { type: 'integer', minimum: 0 }, maxItems: 2 ** 20 });

const mostTokens = 2 ** 20;

/** Text that UTF-8 can say. */
export const text = z
  .string()
  .refine((value) => !/\p{Surrogate}/u.test(value), 'has half of a surrogate pair.');

/** The first of a body's faults, as OpenAI reports one. */
export function toInvalidOption(error: z.core.$ZodError): InvalidOptionError {
  const issue = deepest(error.issues[0]!);
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
function toPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) =>
      typeof key === 'number' ? `[${key}]` : (index === 0 ? '' : '.') + shorten(String(key)),
    )
    .join('');
}

function shorten(name: string): string {
  return name.length <= 100 ? name : `${name.slice(0, 100)}…`;
}
