import { samplingDefaults, type GenerateOptions } from '../../index.ts';

const generationOptions: ReadonlySet<string> = new Set([
  ...Object.keys(samplingDefaults),
  ...(['seed', 'params', 'only', 'maxTokens', 'stop'] satisfies (keyof GenerateOptions)[]),
]);

/** `topK` → `--top-k`. */
export function toFlag(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The flag that sets an option of the library (`params.alpha` → `--param`), if one does. */
export function flagOf(option: string): string | undefined {
  const [name = ''] = option.split(/[.[]/);
  if (!generationOptions.has(name)) return undefined;
  return name === 'params' ? '--param' : toFlag(name);
}
