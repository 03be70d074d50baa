import { InvalidArgumentError } from 'commander';

import type { ParamSchedule, ParamSchedules } from '../../spec/index.ts';
import { parseNumber } from './values.ts';

/** A schedule as a flag says it, not checked yet: `alpha=match:kl,junctions:0.5`; `alpha=none` is none. */
export function parseSchedule(text: string): [param: string, schedule: ParamSchedule | null] {
  const [, param, how] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (param === undefined) {
    throw new InvalidArgumentError(
      'It must be written PARAM=match:kl, PARAM=junctions, PARAM=junctions:NATS, or both with a comma.',
    );
  }
  if (how === 'none') return [param, null];
  const parts = how!.split(',').map((part): [string, unknown] => {
    const [key = '', value] = part.split(':', 2);
    if (key !== 'junctions') return [key, value];
    return [key, value === undefined ? true : parseNumber(value)];
  });
  return [param, Object.fromEntries(parts)];
}

/** {@link parseSchedule}, for a flag that may be given again. */
export function collectSchedules(text: string, before: ParamSchedules = {}): ParamSchedules {
  const [param, schedule] = parseSchedule(text);
  return { ...before, [param]: schedule };
}
