import type { z } from 'zod';

import { InvalidOptionError } from '../spec/index.ts';

/** Characters of a place or a fault that a message shows at most: both may quote hostile input. */
const shownLength = 300;

/**
 * The value as the schema takes it.
 * @param what - What the value is to its caller: the beginning of the place that an error names.
 * @throws InvalidOptionError naming the place of the first fault.
 */
export function check<Value>(schema: z.ZodType<Value>, value: unknown, what: string): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const place = `${what}${issue.path.map(showStep).join('')}`.slice(0, shownLength);
  throw new InvalidOptionError(place, `${place}: ${issue.message.slice(0, shownLength)}.`);
}

function showStep(step: PropertyKey): string {
  return typeof step === 'number' ? `[${step}]` : `.${String(step)}`;
}
