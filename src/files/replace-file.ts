import { open, rename } from 'node:fs/promises';

/** Writes beside the file and then puts it in its place: a crash leaves the old one or the new one. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const part = `${file}.part`;
  {
    await using handle = await open(part, 'w');
    await handle.writeFile(text);
    await handle.sync();
  }
  await rename(part, file);
}
