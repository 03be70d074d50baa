import { isHubName } from '../hub/hub-name.ts';
import { RecipeError } from '../spec/index.ts';
import { readYaml } from './yaml-source.ts';

/**
 * The names of models of the hub in a recipe's text, which need not be right in all else; none in what is no YAML. Texts
 * that only look like a name, as in a description, are among them.
 */
export function hubNamesIn(text: string): string[] {
  try {
    const names = new Set<string>();
    collect(readYaml(text, undefined).value, names);
    return [...names];
  } catch (error) {
    if (error instanceof RecipeError) return [];
    throw error;
  }
}

function collect(value: unknown, names: Set<string>): void {
  if (typeof value === 'string' && isHubName(value)) names.add(value);
  if (typeof value !== 'object' || value === null) return;
  for (const part of Object.values(value)) collect(part, names);
}
