import { choosingFilters } from './filters-choosing.ts';
import { numberFilters } from './filters-numbers.ts';
import { sequenceFilters } from './filters-sequences.ts';
import { textFilters } from './filters-text.ts';
import type { Filter } from './runtime.ts';

/** jinja2's filters, with `tojson` as transformers has it. */
export const filters: ReadonlyMap<string, Filter> = new Map([
  ...sequenceFilters,
  ...choosingFilters,
  ...textFilters,
  ...numberFilters,
]);
