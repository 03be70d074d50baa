import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { root, run } from './command.ts';

/**
 * The Python that has all of `modules`: that of the virtual environment in `TRIMTAB_LM_EVAL`, or `python3`.
 * Where it has not, says what is left out, and gives `undefined`.
 * @param folder - Of the environment in that one, of what does not go with the rest.
 */
export function findPython(modules: string, leftOut: string, folder = ''): string | undefined {
  const environment = process.env['TRIMTAB_LM_EVAL'] ?? '';
  const python = environment === '' ? 'python3' : path.join(environment, folder, 'bin/python');
  if (spawnSync(python, ['-c', `import ${modules}`]).status === 0) return python;
  console.log(
    `Skipped: ${leftOut}: ${python} has not all of ${modules}. Give a virtual environment that has in TRIMTAB_LM_EVAL; ` +
      'scripts/python-environment.sh makes one.',
  );
  return undefined;
}

/** What a program of `test/support/python/` makes of `input`, both as JSON. */
export async function runPython<Result>(
  python: string,
  program: string,
  input: unknown,
  ...args: string[]
): Promise<Result> {
  const file = path.join(root, 'test/support/python', program);
  const { code, stdout, stderr } = await run(python, [file, ...args], {
    input: JSON.stringify(input),
    env: { PYTHONDONTWRITEBYTECODE: '1', TOKENIZERS_PARALLELISM: 'false' },
  });
  if (code !== 0) throw new Error(`${program} ends with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Result;
}
