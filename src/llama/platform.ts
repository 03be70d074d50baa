import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { LibraryError } from '../spec/index.ts';

/** The version of the platform packages whose struct layouts we mirror. */
export const platformPackageVersion = '3.21.1';

/** The foreign function interface: a package for all platforms, and one with its binary for each. */
export const ffiPackage = 'koffi';
const ffiVersion = '3.3.4';

/** Environment variable naming a folder that holds libllama. */
export const libraryDirectoryVariable = 'TRIMTAB_LLAMA_DIR';

// Packages whose libraries run on a platform, best first: GPU variants, which users add themselves,
// before the CPU build. A package holds its libraries under `bins/<name>/`.
const packagesByPlatform: Readonly<Record<string, readonly string[]>> = {
  'linux-x64': ['linux-x64-cuda', 'linux-x64-vulkan', 'linux-x64'],
  'linux-arm64': ['linux-arm64'],
  'darwin-arm64': ['mac-arm64-metal'],
  'darwin-x64': ['mac-x64'],
  'win32-x64': ['win-x64-cuda', 'win-x64-vulkan', 'win-x64'],
  'win32-arm64': ['win-arm64'],
};

/** The files of one libllama, in the order in which they must be loaded. */
export interface LibraryFiles {
  readonly directory: string;
  readonly ggmlBase: string;
  readonly ggml: string;
  readonly llama: string;
}

/**
 * The command that installs everything native for this platform: the FFI, its binary (which npm would
 * compile where optional dependencies are left out) and llama.cpp.
 */
export function installCommand(platform = process.platform, arch = process.arch): string {
  const ffi = [ffiPackage, `@koromix/koffi-${platform}-${arch}`].map(
    (name) => `${name}@${ffiVersion}`,
  );
  const library = packagesByPlatform[`${platform}-${arch}`]?.at(-1);
  if (library === undefined) {
    return (
      `npm install ${ffiPackage}@${ffiVersion}, build llama.cpp as shared libraries, and set ` +
      `${libraryDirectoryVariable} to their folder`
    );
  }
  const packages = [...ffi, `@node-llama-cpp/${library}@${platformPackageVersion}`];
  return `npm install ${packages.join(' ')}`;
}

/**
 * The folder of libllama: `directory`, or `TRIMTAB_LLAMA_DIR`, or the first installed platform package.
 * @throws LibraryError naming what was looked for and the command that mends it.
 */
export function findLibraryFiles(directory?: string): LibraryFiles {
  const named = directory ?? process.env[libraryDirectoryVariable];
  if (named !== undefined && named !== '') return libraryFilesIn(path.resolve(named));
  const platform = `${process.platform}-${process.arch}`;
  for (const name of packagesByPlatform[platform] ?? []) {
    const bins = packageBins(name);
    if (bins !== undefined) return libraryFilesIn(bins);
  }
  throw new LibraryError(
    `No llama.cpp library for ${platform} is installed. To mend it: ${installCommand()}.`,
  );
}

function packageBins(name: string): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(`@node-llama-cpp/${name}`);
    const bins = path.join(path.dirname(entry), '..', 'bins', name);
    return existsSync(bins) ? bins : undefined;
  } catch {
    return undefined; // not installed on this platform
  }
}

function libraryFilesIn(directory: string): LibraryFiles {
  if (!existsSync(directory)) {
    throw new LibraryError(
      `The llama.cpp folder ${directory} does not exist. ` +
        `Unset ${libraryDirectoryVariable} to use the installed package, or name a folder that exists.`,
    );
  }
  const names = readdirSync(directory);
  const find = (stem: string): string => {
    // libllama.so, libllama.v0.4.0.so, libllama.so.0, libllama.0.dylib, llama.dll, llama.v0.4.0.dll
    const pattern = new RegExp(`^(lib)?${stem}(\\.v?\\d[\\w.]*)?\\.(so|dylib|dll)(\\.\\d+)*$`);
    const found = names.filter((name) => pattern.test(name)).toSorted()[0];
    if (found === undefined) {
      throw new LibraryError(
        `${directory} holds no shared library \`${stem}\`. ` +
          `It must hold ggml-base, ggml and llama of one build; or ${installCommand()}.`,
      );
    }
    return path.join(directory, found);
  };
  return { directory, ggmlBase: find('ggml-base'), ggml: find('ggml'), llama: find('llama') };
}
