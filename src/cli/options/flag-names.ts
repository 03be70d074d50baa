import { samplingDefaults, type GenerateOptions } from '../../index.ts';

/** Options whose flags have their names. */
const namesakes: ReadonlySet<string> = new Set([
  ...Object.keys(samplingDefaults),
  ...(['seed', 'only', 'maxTokens', 'stop', 'guidance'] satisfies (keyof GenerateOptions)[]),
  'allowModules',
  'test',
  'url',
  'samples',
  'k',
]);

/** Flags of other names. */
const flags: Readonly<Record<string, string>> = {
  params: '--param',
  'params.rewardWeight': '--reward-weight',
  rewards: '--reward',
  reportRewards: '--report',
  refinements: '--refine',
  dimension: '--dimensions',
  heldOutShare: '--held-out',
  klBudget: '--kl-budget',
  'klBudget.perAnswer': '--kl-budget-answer',
  'programs.python': '--allow-python',
} satisfies Partial<
  Record<
    | keyof GenerateOptions
    | `params.${string}`
    | `klBudget.${string}`
    | 'programs.python'
    | 'refinements'
    | 'dimension'
    | 'heldOutShare',
    string
  >
>;

/** `topK` → `--top-k`. */
export function toFlag(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The flag that sets an option of the library (`params.alpha` → `--param`), if one does. */
export function flagOf(option: string): string | undefined {
  const [name = ''] = option.split(/[.[]/);
  return flags[option] ?? flags[name] ?? (namesakes.has(name) ? toFlag(name) : undefined);
}
