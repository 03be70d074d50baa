import path from 'node:path';

import {
  loadRecipe,
  resolveRecipe,
  type EngineSettings,
  type Recipe,
  type RecipeDocument,
} from '../../src/index.ts';
import { modelsFolder } from '../../test/support/atlas-questions.ts';

const root = path.join(modelsFolder, '..');

/** Where figures and the pages that show them are. */
export const docsFolder = path.join(root, 'docs');

/** One of the embedded models, e.g. `small-chat`. */
export function atlasFile(name: string): string {
  return path.join(modelsFolder, `atlas-${name}.gguf`);
}

/** Files of the three roles of proxy-tuning, in the order in which they decode. */
export interface RoleFiles {
  readonly base: string;
  readonly expert: string;
  readonly antiExpert: string;
}

export const embeddedFiles: RoleFiles = {
  base: atlasFile('large'),
  expert: atlasFile('small-chat'),
  antiExpert: atlasFile('small'),
};

/** One of `recipes/`. */
export function shippedRecipe(name: string): Promise<Recipe> {
  return loadRecipe(path.join(root, 'recipes', `${name}.yaml`));
}

/** Greedy proxy-tuning over three files, every model seeing the same tokens, a pass of each for a token. */
export function proxyTuningRecipe(
  name: string,
  files: RoleFiles,
  engine: EngineSettings,
  more: Partial<RecipeDocument> = {},
): Recipe {
  const raw = Object.entries(files).map(([role, file]) => [role, { file, prompt: 'raw' }]);
  return resolveRecipe(
    {
      name,
      base: 'base',
      expert: 'expert',
      antiExpert: 'antiExpert',
      sampling: { temperature: 0 },
      engine,
      speculation: 'off',
      ...more,
      models: { ...(Object.fromEntries(raw) as RecipeDocument['models']), ...more.models },
    },
    { directory: modelsFolder },
  );
}
