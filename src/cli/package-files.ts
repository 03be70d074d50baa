import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// `src/cli/` and `dist/cli/` are equally deep, in a checkout and in an installed package.
const root = new URL('../../', import.meta.url);

/** Absolute path of a file of the package, e.g. `recipes/atlas-chat.yaml`. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(path, root));
}

interface PackageManifest {
  readonly version: string;
  readonly description: string;
  readonly engines: { readonly node: string };
}

export function readManifest(): PackageManifest {
  return JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as PackageManifest;
}
