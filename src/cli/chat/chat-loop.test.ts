import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createFakeCli, guideRecipe, type FakeCli } from '../../../test/support/fake-cli.ts';
import type { Dialogue } from '../../../test/support/fake-terminal.ts';

let cli: FakeCli;
beforeAll(async () => {
  cli = await createFakeCli({ 'guide.yaml': guideRecipe('guide') });
});
afterAll(() => cli[Symbol.asyncDispose]());

const greeting = 'guide: ask something. /help lists commands, Ctrl-D leaves.\n';
/** How a terminal is asked for a line; the cursor stands behind it. */
const prompt = '> \u001B[3G';
/** How it is asked for one more. */
const more = '… \u001B[3G';
const [ctrlC, ctrlD] = ['\u0003', '\u0004'];

/** What a chat shows, without what moves the cursor. */
async function talk(dialogue: Dialogue, ...flags: string[]) {
  const { code, stdout, stderr } = await cli.run(
    ['run', '{guide.yaml}', ...flags, '--no-markdown', '--no-color'],
    { dialogue },
  );
  return { code, shown: stripVTControlCharacters(stdout).replaceAll('\r', ''), stderr };
}

describe('a chat', () => {
  it('answers, takes commands and ends with Ctrl-D', async () => {
    const ended = await talk([
      [prompt, '  Where?\r'],
      [prompt, '/only chat\r'],
      [prompt, ' \r'],
      [prompt, 'And when?\r'],
      [prompt, ctrlD],
    ]);
    const shown = `${greeting}>   Where?
In Stoneford.

> /only chat
chat answers alone.
>  
> And when?
In Stoneford.

> 
`;
    expect(ended).toEqual({ code: 0, stderr: '', shown });
  });

  it('remembers what was said, and counts on stderr', async () => {
    const { stderr } = await talk(
      [
        [prompt, 'Where?\r'],
        [prompt, 'And when?\r'],
        [prompt, '/reset\r'],
        [prompt, 'And when?\r'],
        [prompt, '/exit\r'],
      ],
      '--stats',
      '--system',
      'Be kind.',
    );
    const prompts = [...stderr.matchAll(/^chat +(\d+) +(\d+) +\d+$/gm)].map(([, n]) => Number(n));
    const system = 'Be kind.\n\n'.length;
    const first = 'Where?\n\n In Stoneford.\n\n'.length;
    expect(prompts[0]).toBeGreaterThan(system);
    expect(prompts[1]! - prompts[2]!).toBe(first);
    expect(prompts).toHaveLength(3);
  });

  it('with --quiet greets nobody, and leaves with /exit', async () => {
    expect(await talk([[prompt, '/exit\r']], '--quiet')).toEqual({
      code: 0,
      stderr: '',
      shown: '> /exit\n',
    });
  });

  it('explains answers while it shall', async () => {
    const { shown } = await talk([
      [prompt, '/trace\r'],
      [prompt, 'Where?\r'],
      [prompt, '/trace\r'],
      [prompt, 'Where?\r'],
      [prompt, ctrlD],
    ]);
    expect(shown.match(/^token +logprob/gm)).toHaveLength(1);
    expect(shown).toMatch(/^In Stoneford\.\ntoken +logprob/m);
  });

  it('takes lines that are pasted together as one question', async () => {
    const { shown, stderr } = await talk(
      [
        [prompt, 'One\rand two?\r'],
        [prompt, ctrlD],
      ],
      '--stats',
    );
    expect(shown.match(/In Stoneford\./g)).toHaveLength(1);
    expect(stderr).toMatch(new RegExp(`^chat +${'One\nand two?'.length} `, 'm'));
  });

  it('takes what stands between quotes as one question, and shows that it waits', async () => {
    const { shown, stderr } = await talk(
      [
        [prompt, '"""One\r'],
        [more, ' and two?\r'],
        [more, '""" \r'],
        [prompt, ctrlD],
      ],
      '--stats',
    );
    expect(shown.match(/In Stoneford\./g)).toHaveLength(1);
    expect(stderr).toMatch(new RegExp(`^chat +${'One\n and two?'.length} `, 'm'));
  });

  it('waits for Enter behind what is pasted, where the terminal tells', async () => {
    const { shown, stderr } = await talk(
      [
        [prompt, '\u001B[200~One\r\nor\u001B[201~'],
        ['or', ' two?\r'],
        [prompt, ctrlD],
      ],
      '--stats',
    );
    expect(shown.match(/In Stoneford\./g)).toHaveLength(1);
    expect(stderr).toMatch(new RegExp(`^chat +${'One\nor two?'.length} `, 'm'));
  });

  it('gives up several lines at Ctrl-C', async () => {
    const { shown, code } = await talk([
      [prompt, '"""One\r'],
      [more, ctrlC],
      [prompt, 'Where?\r'],
      [prompt, ctrlD],
    ]);
    expect(shown.match(/In Stoneford\./g)).toHaveLength(1);
    expect(code).toBe(0);
  });

  it('answers anew, and says where that is the same again', async () => {
    const { shown } = await talk([
      [prompt, '/regenerate\r'],
      [prompt, 'Where?\r'],
      [prompt, '/retry\r'],
      [prompt, 'And when?\r'],
      [prompt, ctrlD],
    ]);
    expect(shown).toContain('error: Nothing was asked yet.');
    expect(shown.match(/In Stoneford\./g)).toHaveLength(3);
    expect(shown).toContain('It is the same again: the temperature is 0.');
  });

  it('explains the last answer, traced or not', async () => {
    const { shown } = await talk([
      [prompt, '/why\r'],
      [prompt, 'Where?\r'],
      [prompt, '/why\r'],
      [prompt, '/trace\r'],
      [prompt, 'Where?\r'],
      [prompt, '/why\r'],
      [prompt, ctrlD],
    ]);
    expect(shown).toContain('error: There is no whole answer to explain yet.');
    expect(shown.match(/^token +logprob/gm)).toHaveLength(3);
    expect(shown.match(/of tokens are not the base's own choice/g)).toHaveLength(2);
    expect(shown).not.toContain('another answer');
  });

  it('keeps a conversation in a file, and goes on with it', async () => {
    const file = path.join(cli.folder, 'a chat.json');
    const saved = await talk(
      [
        [prompt, 'Where?\r'],
        [prompt, `/save ${file}\r`],
        [prompt, `/save ${file}\r`],
        [prompt, ctrlD],
      ],
      '--system',
      'Be kind.',
    );
    expect(saved.shown).toContain('a chat.json has the conversation.');
    expect(saved.shown).toMatch(/error: \/save: .*a chat\.json is there already/);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Where?' },
        { role: 'assistant', content: ' In Stoneford.' },
      ],
    });
    const loaded = await talk(
      [
        [prompt, `/load ${file}\r`],
        [prompt, '/system\r'],
        [prompt, 'And when?\r'],
        [prompt, ctrlD],
      ],
      '--stats',
    );
    expect(loaded.shown).toContain('It goes on from one question and answer of');
    expect(loaded.shown).toContain('/system\nBe kind.\n');
    const said = 'Be kind.\n\nWhere?\n\n In Stoneford.\n\nAnd when?';
    expect(loaded.stderr).toMatch(new RegExp(`^chat +${said.length} `, 'm'));
  });

  it.each([
    ['none.json', undefined, 'cannot be read'],
    ['text.json', 'Hello', 'holds no conversation'],
    ['roles.json', '[{"role":"user","content":"a"},{"role":"user","content":"b"}]', 'not pairs'],
    ['shape.json', '{"messages":[{"role":"user","content":7}]}', 'holds no conversation'],
  ])('refuses to go on with %s, and keeps what was said', async (name, content, why) => {
    const file = path.join(cli.folder, name);
    if (content !== undefined) await writeFile(file, content);
    const { shown, stderr, code } = await talk(
      [
        [prompt, 'Where?\r'],
        [prompt, `/load ${file}\r`],
        [prompt, 'And when?\r'],
        [prompt, ctrlD],
      ],
      '--stats',
    );
    expect(shown).toMatch(new RegExp(`error: /load: .*${why}`));
    const prompts = [...stderr.matchAll(/^chat +(\d+) /gm)].map(([, n]) => Number(n));
    expect(prompts[1]).toBeGreaterThan(prompts[0]!);
    expect(code).toBe(0);
  });

  it('forgives what can be said in another way', async () => {
    const { code, shown } = await talk([
      [prompt, '/onyl chat\r'],
      [prompt, `${'Where? '.repeat(50)}\r`],
      [prompt, '/set alpha 99\r'],
      [prompt, 'Where?\r'],
      [prompt, ctrlD],
    ]);
    expect(shown).toContain('error: There is no command /onyl. Did you mean `/only`?\n> ');
    expect(shown).toMatch(/^error: .*256/m);
    expect(shown).toContain('error: params.alpha must be a number from 0 to 9, not 99.\n> ');
    expect(shown.match(/In Stoneford\./g)).toHaveLength(1);
    expect(code).toBe(0);
  });
});

describe('a question that is too long', () => {
  const dialogue: Dialogue = [
    [prompt, `${'Where? '.repeat(50)}\r`],
    [prompt, ctrlD],
  ];

  it('is forgiven, or ends the chat with --no-forget', async () => {
    expect(await talk(dialogue)).toMatchObject({ code: 0, stderr: '' });
    const ended = await talk(dialogue, '--no-forget');
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: /) as string });
    expect(ended.shown).not.toContain('error');
  });
});

describe('Ctrl-C', () => {
  it('ends an answer, which is remembered as far as it went', async () => {
    const { code, shown, stderr } = await talk(
      [
        [prompt, 'Where?\r'],
        ['In St', ctrlC],
        [prompt, 'And when?\r'],
        [prompt, ctrlD],
      ],
      '--stats',
    );
    const [, said] = /^(In St.*)\n\(ended\)\n\n> And when\?\nIn Stoneford\.\n\n> \n/m.exec(shown)!;
    const prompts = [...stderr.matchAll(/^chat +(\d+) /gm)].map(([, n]) => Number(n));
    const remembered = await talk(
      [
        [prompt, 'And when?\r'],
        [prompt, ctrlD],
      ],
      '--stats',
    );
    const alone = Number(/^chat +(\d+) /m.exec(remembered.stderr)![1]);
    expect(prompts).toEqual([alone + `Where?\n\n ${said}\n\n`.length]);
    expect(code).toBe(0);
  });

  it('leaves if it is pressed again after that', async () => {
    const { code, shown } = await talk([
      [prompt, 'Where?\r'],
      ['In St', ctrlC],
      [prompt, ctrlC],
    ]);
    expect(shown).toMatch(/\(ended\)\n\n> \n$/);
    expect(code).toBe(130);
  });

  it('gives up what is typed, and leaves at the second time', async () => {
    const { code, shown } = await talk([
      [prompt, 'Whe'],
      ['Whe', ctrlC],
      [prompt, '/trace\r'],
      [prompt, ctrlC],
      [prompt, ctrlC],
    ]);
    const hint = 'Ctrl-C again, or Ctrl-D, leaves.\n';
    expect(shown).toBe(
      `${greeting}> Whe\n${hint}> /trace\nEvery answer is explained.\n> \n${hint}> \n`,
    );
    expect(code).toBe(130);
  });

  it('is not the only signal: SIGTERM ends a question and an answer', async () => {
    const asking = await talk([[prompt, 'SIGTERM']]);
    expect(asking).toEqual({ code: 143, stderr: '', shown: `${greeting}> ` });
    const answering = await talk([
      [prompt, 'Where?\r'],
      ['In St', 'SIGTERM'],
    ]);
    expect(answering).toMatchObject({ code: 143, stderr: '' });
    expect(answering.shown).toMatch(/> Where\?\nIn St.*\n$/);
  });
});
