// Run in a folder where the package is installed as users get it: every door opens, and it answers.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const manifest = JSON.parse(
  await readFile(new URL(import.meta.resolve('trimtab/package.json')), 'utf8'),
);
const doors = Object.keys(manifest.exports)
  .filter((path) => !path.endsWith('.json'))
  .map((path) => path.replace('.', 'trimtab'));
for (const door of doors) {
  const names = Object.keys(await import(door));
  console.log(`${door}: ${names.length} exports`);
  if (names.length === 0) throw new Error(`${door} exports nothing.`);
}
const { LoadedRecipe } = await import('trimtab');
const recipe = new URL('./recipes/atlas-chat.yaml', import.meta.resolve('trimtab/package.json'));
const loaded = await LoadedRecipe.load(fileURLToPath(recipe));
const { text } = await loaded.generate('Where was Mada Norrar born?');
await loaded[Symbol.asyncDispose]();
console.log(text);
if (text.trim() === '') throw new Error('It has nothing to say.');
