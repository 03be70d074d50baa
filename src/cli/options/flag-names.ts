import { flagAt } from './option-flags.ts';

/** Flags of what is no request option. */
const flags: Readonly<Record<string, string>> = {
  allowModules: '--allow-modules',
  test: '--test',
  url: '--url',
  refinements: '--refine',
  samples: '--samples',
  k: '--k',
  dimension: '--dimensions',
  heldOutShare: '--held-out',
  'programs.python': '--allow-python',
};

/** The flag that sets an option of the library (`params.alpha` → `--param`), if one does. */
export function flagOf(option: string): string | undefined {
  const [name = ''] = option.split(/[.[]/);
  return flags[option] ?? flags[name] ?? flagAt(option);
}
