import { z } from '@hono/zod-openapi';

import { errorMappings } from './errors.ts';

/** What a route does, by which it can fail. */
type RouteKind = 'read' | 'named' | 'tokens' | 'answer' | 'profile' | 'job';

/** Statuses that the routes of each kind can end with, beside those of all. */
const statuses: Readonly<Record<RouteKind, readonly number[]>> = {
  read: [],
  named: [404],
  tokens: [404, 408, 413, 415, 422, 429, 502, 503, 507],
  answer: [404, 408, 413, 415, 422, 429, 502, 503, 504, 507],
  job: [404, 408, 409, 413, 415, 429, 503, 507],
  profile: [404, 408, 409, 413, 415, 422, 429, 502, 503, 504, 507],
};

const ofAll = [400, 401, 403, 431, 500];

/**
 * How a route can fail, by status, each with its codes, for the description of the route. The types of its
 * answers do not know of them: errors are thrown, and answered in one place.
 */
export function failures(kind: RouteKind): object {
  const sorted = [...ofAll, ...statuses[kind]].toSorted((a, b) => a - b);
  return Object.fromEntries(sorted.map((status) => [status, failureOf(status)]));
}

function failureOf(status: number) {
  const codes = Object.entries(errorMappings)
    .filter(([, mapping]) => mapping.status === status)
    .map(([code]) => code);
  const schema = z
    .object({
      error: z.object({
        message: z.string(),
        type: z.string(),
        param: z.string().nullable(),
        code: z.enum(codes),
      }),
      ...(status === 504 && { usage: z.object({ completion_tokens: z.int() }) }),
    })
    .openapi(`Error${status}`);
  return { description: `${codes.join(', ')}.`, content: { 'application/json': { schema } } };
}
