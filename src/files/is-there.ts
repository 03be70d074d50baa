import { access } from 'node:fs/promises';

/** Whether there is a file or a folder that can be seen. */
export function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
