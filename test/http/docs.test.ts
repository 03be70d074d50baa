import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createLocalService } from '../../src/service/index.ts';
import { loadRecipe } from '../../src/index.ts';
import { profileLimits } from '../../src/profiles/index.ts';
import { chatBody } from '../../src/server/wire/chat-body.ts';
import { completionBody } from '../../src/server/wire/completion-body.ts';
import { errorMappings } from '../../src/server/edge/errors.ts';
import { defaultLimits } from '../../src/server/index.ts';
import { jsonLimits } from '../../src/faults/index.ts';
import {
  refusedOfChats,
  refusedOfCompletions,
  withoutEffect,
} from '../../src/server/wire/parameters.ts';
import { responseBody } from '../../src/server/wire/response-body.ts';
import type { InferenceService } from '../../src/spec/index.ts';
import { FakeService } from '../support/server/fake-service.ts';
import { listenWithProfiles } from '../support/server/serve-profiles.ts';
import { listen, serveAtlas, type TestServer } from '../support/server/serve.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFile(path.join(root, 'docs', file), 'utf8');

/** The fenced code blocks of a language in a Markdown text. */
function blocks(markdown: string, language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...markdown.matchAll(pattern)].map(([, code]) => code!);
}

/** The rows of tables whose first cell is a name in backticks. */
function rows(markdown: string): Map<string, string> {
  return new Map(
    [...markdown.matchAll(/^\| `([^`]+)`[^|]*\|(.*)\|$/gm)].map(([, name, rest]) => [name!, rest!]),
  );
}

let service: InferenceService;
let server: TestServer;

beforeAll(async () => {
  service = await serveAtlas();
  server = await listen({ service });
});

afterAll(async () => {
  await server.running.close();
  await service[Symbol.asyncDispose]();
});

const withServer = (code: string) => code.replaceAll('http://127.0.0.1:8080', server.url);

describe.each(['openai', 'vercel', 'langchain'])('docs/clients/%s.md', (name) => {
  it('has programs that run', async () => {
    const programs = blocks(await read(`clients/${name}.md`), 'ts');
    expect(programs.length).toBeGreaterThan(0);
    // Inside the package, so that its dependencies are found.
    const folder = await mkdtemp(path.join(root, 'node_modules/.trimtab-docs-'));
    try {
      for (const [index, program] of programs.entries()) {
        const file = path.join(folder, `${index}.mts`);
        await writeFile(file, withServer(program));
        const { stdout } = await run(process.execPath, ['--import', 'tsx', file], { cwd: root });
        expect(stdout).toMatch(/Mada Norrar/);
        for (const [, shown] of program.matchAll(/\/\/ (\{ .* \})$/gm)) {
          expect(stdout).toContain(shown);
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('docs/clients/curl.md', () => {
  it('has commands that run', async () => {
    const commands = blocks(await read('clients/curl.md'), 'sh');
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const { stdout } = await run('sh', ['-c', withServer(command)]);
      expect(stdout).toMatch(/atlas-chat/);
      expect(stdout).not.toMatch(/"error"/);
    }
  });
});

describe('docs/server.md', () => {
  it('has a row for every parameter, and none that there is not', async () => {
    const section = (await read('server.md'))
      .split('## Parameters')[1]!
      .split('## Constraints')[0]!;
    const known = [chatBody(defaultLimits), completionBody(defaultLimits)].flatMap(({ shape }) =>
      Object.keys(shape),
    );
    expect([...rows(section).keys()].toSorted()).toEqual([...new Set(known)].toSorted());
  });

  it('says of each what the code says', async () => {
    const table = rows(await read('server.md'));
    for (const [name, reason] of Object.entries(withoutEffect)) {
      expect(table.get(name)!.trim()).toBe(reason);
    }
    for (const name of Object.keys({ ...refusedOfChats, ...refusedOfCompletions })) {
      const cells = table
        .get(name)!
        .split('|')
        .map((cell) => cell.trim() === 'yes');
      expect(cells).toEqual([name in refusedOfChats, name in refusedOfCompletions]);
    }
  });

  it('names every parameter of a response', async () => {
    const section = (await read('server.md')).split('## Responses')[1]!.split(/^## /m)[0]!;
    const names = Object.keys(responseBody(defaultLimits).shape);
    expect(names.filter((name) => !section.includes(`\`${name}`))).toEqual([]);
  });

  it('has a row for every route', async () => {
    await using fake = await listenWithProfiles({ service: new FakeService() });
    const { paths } = (await fake.get('/openapi.json')).json;
    const section = (await read('server.md')).split('## Routes')[1]!.split(/^## /m)[0]!;
    const listed = [...section.matchAll(/^\| `(?:\w+ )?(\/[^`]*)`/gm)].map(([, route]) => route!);
    // What is below a route is on its row.
    const isListed = (route: string) =>
      listed.some((above) => route === above || route.startsWith(`${above}/`));
    expect(Object.keys(paths as object).filter((route) => !isListed(route))).toEqual([]);
  });

  it('has every limit with its default, every error with its status, every metric', async () => {
    const text = await read('server.md');
    const table = rows(text);
    for (const [name, value] of Object.entries(defaultLimits)) {
      expect(table.get(name)).toMatch(new RegExp(`^ ${value} `));
    }
    for (const [code, { status }] of Object.entries(errorMappings)) {
      expect(text).toMatch(new RegExp(`^\\| ${status} +\\|.*\`${code}\``, 'm'));
    }
    await using fake = await listen({ service: new FakeService() });
    const metrics = await fake.get('/metrics');
    const names = [...metrics.text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !table.has(name))).toEqual([]);
    expect([...table.keys()].filter((name) => name.startsWith('trimtab_')).toSorted()).toEqual(
      names.toSorted(),
    );
  });

  it('has commands of profiles that run, one after the other', async () => {
    const recipes = [await loadRecipe(path.join(root, 'recipes/atlas-profiles.yaml'))];
    await using own = await createLocalService({ recipes });
    await using profiled = await listenWithProfiles({ service: own, recipes });
    const section = (await read('server.md')).split('## Profiles')[1]!.split(/^## /m)[0]!;
    const commands = blocks(section, 'sh');
    expect(commands).toHaveLength(6);
    let question = '';
    for (const command of commands) {
      const text = command
        .replaceAll('http://127.0.0.1:8080', profiled.url)
        .replace('QUESTION', question);
      const { stdout } = await run('sh', ['-c', text]);
      const json = JSON.parse(stdout) as { error?: unknown; question?: { id: string } };
      expect(json.error).toBeUndefined();
      question = json.question?.id ?? question;
    }
    const { json } = await profiled.get('/v1/profiles');
    expect(json.data).toMatchObject([
      { id: 'ann', answers: 1 },
      { id: 'ann-2', answers: 1 },
    ]);
    for (const [route, methods] of Object.entries(
      (await profiled.get('/openapi.json')).json.paths as object,
    )) {
      const short = route.replace('/v1/profiles/{id}/', '…/{id}/');
      for (const method of route.startsWith('/v1/profiles') ? Object.keys(methods as object) : []) {
        expect(section).toContain(`\`${method.toUpperCase()} ${short}\``);
      }
    }
  });

  it('says the limits of JSON', async () => {
    const text = (await read('server.md')).replaceAll('\n', ' ');
    const sentence = /The JSON of a body [^.]*\./.exec(text)![0];
    const numbers = sentence.match(/[\d,]*\d/g)!.map((each) => Number(each.replaceAll(',', '')));
    const { depth, containers, members, objectMembers, elements } = jsonLimits;
    expect(numbers).toEqual([depth, containers, members, objectMembers, elements]);
  });

  it('says the limits of profiles', async () => {
    const { profiles, answers, importedText } = profileLimits;
    expect((await read('server.md')).replaceAll('\n', ' ')).toContain(
      `${profiles} profiles, a profile ${answers} answers, those from before a reset included, and ` +
        `the texts of an imported document ${importedText / 2 ** 20} MiB of characters`,
    );
  });

  it('has examples that work', async () => {
    const examples = blocks(await read('server.md'), 'json');
    const isChat = (example: string) => 'messages' in (JSON.parse(example) as object);
    for (const example of examples.filter((each) => !isChat(each))) {
      const { json } = await server.post('/v1/responses', example);
      expect(json.output[0].content[0].text).toMatch(/\w/);
    }
    const answers = [];
    for (const example of examples.filter(isChat)) {
      const { status, json } = await server.post('/v1/chat/completions', example);
      expect(status).toBe(200);
      answers.push(json.choices[0]);
    }
    const [continued, constrained, called, traced] = answers;
    expect(continued.message.content).toMatch(/^ in the town/);
    const person = expect.any(String) as unknown;
    expect(JSON.parse(constrained.message.content as string)).toEqual({
      answer: 'Mada Norrar was born in the town of Stoneford.',
    });
    const [call] = called.message.tool_calls;
    expect([call.function.name, JSON.parse(call.function.arguments as string)]).toEqual([
      'look_up',
      { person },
    ]);
    expect(traced.trimtab.tokens[0].trace.terms).toHaveLength(3);
  });
});
