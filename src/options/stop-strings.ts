import { checkOption } from './check.ts';

/**
 * The stop strings of a request as a list without repeats.
 * @throws InvalidOptionError for an empty or malformed string, one too long, or too many.
 */
export function resolveStopStrings(stop: string | readonly string[] | undefined): string[] {
  checkOption('stop', stop);
  if (stop === undefined) return [];
  return [...new Set(typeof stop === 'string' ? [stop] : stop)];
}
