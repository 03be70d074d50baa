import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, it } from 'vitest';

import { temporaryFolder } from '../../test/support/random-models.ts';
import { drawFiles, readToolSchemas, toolName } from './schemas.ts';

const files = Array.from({ length: 40 }, (_, i) => `maskbench/data/Glaiveai2K---tool_${i}.json`);

it('draws tool calls alone, the same in whatever order they are listed', () => {
  const listed = ['maskbench/', ...files, 'maskbench/data/Snowplow---a.json', ''];
  const drawn = drawFiles(listed);
  expect(drawn.toSorted()).toEqual(files.toSorted());
  expect(drawn).not.toEqual(files);
  expect(drawFiles(listed.toReversed())).toEqual(drawn);
});

it('keeps the order of those that there were, whatever is added', () => {
  const drawn = drawFiles(files);
  const more = drawFiles([...files, 'maskbench/data/MCPspec---Call.json']);
  expect(more.filter((file) => files.includes(file))).toEqual(drawn);
});

it('knows the tool by its file', () => {
  expect(toolName('maskbench/data/Glaiveai2K---calculate_area_be52a9a0.json')).toBe(
    'calculate_area',
  );
  expect(toolName('maskbench/data/MCPspec---CallToolRequest.json')).toBe('CallToolRequest');
});

it('reads those that can be constraints', async () => {
  await using folder = await temporaryFolder();
  await mkdir(path.join(folder.path, 'maskbench/data'), { recursive: true });
  const schemas = Object.fromEntries(
    files
      .slice(0, 6)
      .map((file, i) => [
        file,
        i % 2 === 0 ? { type: 'object', title: file } : { type: 'no type' },
      ]),
  );
  for (const [file, schema] of Object.entries(schemas))
    await writeFile(path.join(folder.path, file), JSON.stringify({ schema, tests: [] }));
  const archive = path.join(folder.path, 'maskbench.tar.xz');
  execFileSync('tar', ['-cJf', archive, '-C', folder.path, 'maskbench']);
  const read = await readToolSchemas(archive, 3);
  const expected = drawFiles(Object.keys(schemas)).filter((file) => 'title' in schemas[file]!);
  expect(read!.map(({ schema }) => (schema as { title: string }).title)).toEqual(expected);
  expect(await readToolSchemas(path.join(folder.path, 'none.tar.xz'), 3)).toBeNull();
});
