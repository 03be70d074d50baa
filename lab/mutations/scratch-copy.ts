import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A copy of the checkout as it stands, where faults are planted. */
export interface ScratchCopy extends AsyncDisposable {
  readonly root: string;
  /** Of all that was copied. */
  readonly digest: string;
  read(file: string): Promise<string>;
  write(file: string, text: string): Promise<void>;
}

export async function copyCheckout(from: string): Promise<ScratchCopy> {
  const root = await mkdtemp(path.join(tmpdir(), 'trimtab-mutations-'));
  const { stdout } = await run(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: from,
      maxBuffer: 64 * 2 ** 20,
    },
  );
  const hash = createHash('sha256');
  for (const file of stdout.split('\0')) {
    // What was deleted and not yet committed is still listed.
    if (file === '' || !existsSync(path.join(from, file))) continue;
    const bytes = await readFile(path.join(from, file));
    hash.update(file).update(bytes);
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), bytes);
  }
  await symlink(path.join(from, 'node_modules'), path.join(root, 'node_modules'), 'dir');
  return {
    root,
    digest: hash.digest('hex'),
    read: (file) => readFile(path.join(root, file), 'utf8'),
    write: (file, text) => writeFile(path.join(root, file), text),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
