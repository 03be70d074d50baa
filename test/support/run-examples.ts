// A process that runs the programs of a folder, one after the other, and prints what each has written.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , folder, ...names] = process.argv;
const write = process.stdout.write.bind(process.stdout);
const outputs: Record<string, string> = {};
for (const name of names) {
  outputs[name] = '';
  process.stdout.write = (text: string | Uint8Array) => {
    outputs[name] += String(text);
    return true;
  };
  await import(pathToFileURL(path.join(folder!, name)).href);
}
write(JSON.stringify(outputs));
