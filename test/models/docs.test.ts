import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { engineDefaults, parseRecipe, recipeJsonSchema } from '../../src/index.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFile(path.join(root, file), 'utf8');

/** The fenced code blocks of a language in a Markdown text. */
function blocks(markdown: string, language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...markdown.matchAll(pattern)].map(([, code]) => code!);
}

/** What a page links to, of this project. */
const linksOf = (markdown: string) =>
  [...markdown.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, target]) => target!);

/** Every page that somebody may read, but for what is generated or installed. */
const pages = (await readdir(root, { recursive: true }))
  .filter((file) => file.endsWith('.md'))
  .filter((file) => !/(^|\/)(node_modules|dist|work|api)\//.test(file) && !file.startsWith('.'));

it.each(['README.md', 'docs/recipes.md'])('%s shows recipes that are valid', async (file) => {
  const recipes = blocks(await read(file), 'yaml');
  expect(recipes.length).toBeGreaterThan(0);
  for (const text of recipes) {
    expect(parseRecipe(text, { directory: root }).warnings).toEqual([]);
  }
});

it.each(pages)('%s links to files that exist', async (file) => {
  const targets = linksOf(await read(file));
  const folder = path.join(root, path.dirname(file));
  const missing = targets.filter((target) => !existsSync(path.join(folder, target)));
  expect(missing).toEqual([]);
});

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/\]\([^)]*\)/g, '')
    .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replaceAll(' ', '-');

it.each(pages)('%s links to headings that exist', async (file) => {
  const text = await read(file);
  const missing: string[] = [];
  for (const [, target, anchor] of text.matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)) {
    const linked = target === '' ? file : path.join(path.dirname(file), target!);
    if (!linked.endsWith('.md')) continue;
    const headings = [...(await read(linked)).matchAll(/^#+ (.+)$/gm)];
    if (!headings.some(([, heading]) => anchorOf(heading!) === anchor)) {
      missing.push(`${target}#${anchor}`);
    }
  }
  expect(missing).toEqual([]);
});

it('docs/README.md has every page in one line, and its title', async () => {
  const index = await read('docs/README.md');
  const own = pages.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md');
  const linked = new Set(linksOf(index).map((target) => path.join('docs', target)));
  expect(own.filter((file) => !linked.has(file))).toEqual([]);
  for (const file of own.filter((name) => name.startsWith('docs/adr/'))) {
    const [, title] = /^# (.*)$/m.exec(await read(file))!;
    expect(index).toContain(`[${title}](adr/${path.basename(file)})`);
  }
});

it('the package holds every file that its pages link to', async () => {
  const { stdout } = await promisify(execFile)(
    'npm',
    ['pack', '--dry-run', '--json', '--ignore-scripts'],
    { cwd: root, maxBuffer: 2 ** 24 },
  );
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const packed = new Set(files.map((file) => file.path));
  // A folder is there where a file of it is.
  for (const { path: file } of files) {
    for (let above = path.dirname(file); above !== '.'; above = path.dirname(above)) {
      packed.add(above);
    }
  }
  const missing: string[] = [];
  // A page beside the sources speaks of sources, which the package does not hold.
  const pagesOfUsers = [...packed].filter(
    (name) => name.endsWith('.md') && !name.startsWith('src/'),
  );
  for (const file of pagesOfUsers) {
    for (const target of linksOf(await read(file))) {
      const linked = path.join(path.dirname(file), target).replace(/\/$/, '');
      if (!packed.has(linked)) missing.push(`${file} -> ${target}`);
    }
  }
  expect(missing).toEqual([]);
  expect(packed).toContain('docs/evaluation.md');
  expect(packed).toContain('examples/proxy-tuning.ts');
  expect([...packed].filter((name) => name.startsWith('docs/api'))).toEqual([]);
});

it("README's program runs on the embedded models", async () => {
  const [program] = blocks(await read('README.md'), 'ts');
  const models = path.join(root, 'models');
  const runnable = program!
    .replace('large.gguf', path.join(models, 'atlas-large.gguf'))
    .replace('small-instruct.gguf', path.join(models, 'atlas-small-chat.gguf'))
    .replace('small-base.gguf', path.join(models, 'atlas-small.gguf'))
    .replace('What is a trim tab?', 'Where was Mada Norrar born?');
  // Inside the package, so that `trimtab` is this one as built.
  const folder = await mkdtemp(path.join(root, 'dist', 'readme-'));
  try {
    const script = path.join(folder, 'program.ts');
    await writeFile(script, runnable);
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], {
      cwd: root,
    });
    expect(stdout.trim()).not.toBe('');
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('docs/recipes.md names every field of a recipe, and the defaults of the engine', async () => {
  const text = await read('docs/recipes.md');
  const names = new Set<string>();
  collectNames(recipeJsonSchema());
  expect([...names].filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  for (const [field, value] of Object.entries(engineDefaults)) {
    expect(text).toMatch(new RegExp(`\\| \`${field}\` +\\| ${String(value)}`));
  }

  function collectNames(schema: unknown): void {
    if (typeof schema !== 'object' || schema === null) return;
    if ('properties' in schema)
      for (const name of Object.keys(schema.properties as object)) names.add(name);
    for (const value of Object.values(schema)) collectNames(value);
  }
});
