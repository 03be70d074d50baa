// Compiles src/math/assembly to src/math/kernels.generated.ts: the WebAssembly as base64.
// `--check` compiles and compares instead, and fails if the committed file is stale.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createMemoryStream, main as compileAssembly } from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
const generatedFile = fileURLToPath(new URL('../src/math/kernels.generated.ts', import.meta.url));
const options = '-O3 --enable simd --runtime stub --noAssert --importMemory --noExportMemory';

/** @returns {Promise<Uint8Array>} */
async function compile() {
  let binary;
  const messages = createMemoryStream();
  const { error } = await compileAssembly(
    [
      'src/math/assembly/index.ts',
      '--baseDir',
      root,
      '--outFile',
      'out.wasm',
      ...options.split(' '),
    ],
    {
      stderr: messages,
      writeFile: (name, contents) => {
        if (name.endsWith('.wasm')) binary = contents;
      },
    },
  );
  if (error !== null || binary === undefined)
    throw new Error(`asc failed.\n${messages.toString()}`);
  return binary;
}

/** @param {Uint8Array} binary */
function toSource(binary) {
  const lines =
    Buffer.from(binary)
      .toString('base64')
      .match(/.{1,96}/g) ?? [];
  return `// Written by scripts/build-kernels.mjs from src/math/assembly. Do not edit.

/** Size of the decoded module. */
export const kernelsByteLength = ${binary.length};

/** The kernels' WebAssembly module, base64. */
export const kernelsBase64 =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
}

const source = toSource(await compile());
if (process.argv.includes('--check')) {
  if ((await readFile(generatedFile, 'utf8')) !== source) {
    console.error('src/math/kernels.generated.ts is stale: run "npm run build:kernels".');
    process.exitCode = 1;
  }
} else {
  await writeFile(generatedFile, source);
}
