import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { builtFile } from '../support/built.ts';
import { recipe } from '../support/command.ts';
import { hasTmux, TmuxTerminal } from '../support/tmux.ts';

if (!hasTmux) console.log('skipped: conversations on a terminal, as tmux is not installed');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-chat-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A chat that has greeted. */
async function open(...flags: string[]): Promise<TmuxTerminal> {
  const args = ['run', recipe, '--temperature', '0', ...flags];
  const words = [process.execPath, builtFile('cli/main.js'), ...args];
  const terminal = await TmuxTerminal.open(words, { TRIMTAB_DATA_DIR: folder });
  await terminal.see(/\/help lists commands/);
  await terminal.see(/^>$/m);
  return terminal;
}

/** How a line of the embedded models' answers ends. */
const answered = /\.\n\n>$/;
const question = 'Where was Mada Norrar born?';

describe.runIf(hasTmux)('conversations on a terminal', () => {
  it('1: a question, and Ctrl-D', async () => {
    await using chat = await open();
    expect(await chat.say(question, answered)).toContain(`> ${question}\n`);
    await chat.press('C-d');
    await chat.see(/left with 0/);
  });

  it('2: settings by name, one of them mistyped', async () => {
    await using chat = await open();
    await chat.say('/alpha .3', /alpha is 0\.3\./);
    await chat.say('/alhpa .5', /error: There is no command \/alhpa\. Did you mean `\/alpha`\?/);
    await chat.say('/param', /^alpha 0\.3$/m);
    await chat.say('/set temperature 0.9', /temperature is 0\.9\./);
    await chat.say('/topP 7', /error: topP must be/);
    expect(await chat.say('/exit', /left with 0/)).toContain('alpha is 0.3.');
  });

  it('3: several lines between quotes', async () => {
    await using chat = await open();
    await chat.say('"""Where was Mada Norrar', /^…$/m);
    const screen = await chat.say('born?"""', answered);
    expect(screen).toContain('> """Where was Mada Norrar\n… born?"""\n');
  });

  it('4: a pasted text, which waits for Enter', async () => {
    await using chat = await open();
    await chat.paste('Where was\nMada Norrar\nborn?');
    await chat.see(/^> Where was\n… Mada Norrar\n… born\?$/m);
    await chat.press('Enter');
    expect(await chat.see(answered)).toContain('… born?\n');
  });

  it('5: a line that is given up, and leaving by Ctrl-C', async () => {
    await using chat = await open();
    await chat.type('never asked');
    await chat.press('C-c');
    await chat.see(/Ctrl-C again, or Ctrl-D, leaves\./);
    await chat.say(question, answered);
    await chat.press('C-c');
    await chat.see(/leaves\.\n>$/);
    await chat.press('C-c');
    expect(await chat.see(/left with 130/)).not.toContain('never asked\n\n');
  });

  it('6: a conversation that is saved, forgotten and taken up', async () => {
    await using chat = await open('--system', 'Be kind.');
    await chat.say(question, answered);
    const file = path.join(folder, 'one.json');
    await chat.say(`/save ${file}`, /one\.json has the\s+conversation\./);
    await chat.say('/reset', /The conversation begins anew\./);
    await chat.say(`/load ${file}`, /It goes on from one question and answer/);
    await chat.say('/system', /\/system\nBe kind\./);
    await chat.say('/system Be brief.', /Be brief\.\nBe brief\.|\/system Be brief\.\nBe brief\./);
    const { messages } = JSON.parse(await readFile(file, 'utf8')) as { messages: unknown[] };
    expect(messages).toHaveLength(3);
  });

  it('7: an answer anew, and why', async () => {
    await using chat = await open();
    await chat.say(question, answered);
    await chat.say('/regenerate', /It is the same again: the temperature is 0\./);
    await chat.say('/why', /of tokens are not the base's own choice/);
    await chat.say('/temperature 1', /temperature is 1\./);
    await chat.say('/seed 5', /seed is 5\./);
    const again = await chat.say('/retry', /seed is 5\.\n> \/retry\n[^>]*\.\n\n>$/);
    expect(again).toContain('temperature is 1.');
  });

  it('8: what was typed in an earlier chat', async () => {
    await using first = await open();
    await first.say('/alpha .3', /alpha is 0\.3\./);
    await first.say('/exit', /left with 0/);
    await using second = await open();
    await second.press('Up', 'Up');
    await second.see(/^> \/alpha \.3$/m);
    await second.press('Enter');
    await second.see(/alpha is 0\.3\./);
    await second.say('/exit', /left with 0/);
    await using third = await open('--no-history');
    await third.press('Up');
    expect(await third.say('/help', /^> \/help$/m)).not.toContain('> /exit');
  });

  it('9: Markdown, on a terminal that changes its size', async () => {
    const text = '# One\n\n- **two** `three`\n\n| a | b |\n|---|---|\n| four | five |';
    await using chat = await open('--choice', text);
    await chat.resize(60, 20);
    const screen = await chat.say('Write.', /five\n\n>$/);
    expect(screen).toMatch(/^One\n\n• two three\n\na +b\nfour +five\n\n>$/m);
    await chat.resize(40, 30);
    await chat.say('Again.', /Again\.\nOne\n\n• two three\n/);
    await using plain = await open('--choice', text, '--no-markdown');
    await plain.say('Write.', /^# One\n\n- \*\*two\*\* `three`$/m);
  });

  it('10: words of other scripts, a model alone, and a word that is none', async () => {
    await using chat = await open('--max-tokens', '20');
    await chat.say('/only large', /large answers alone\./);
    await chat.say('Wo wurde Ädä Nörrar geboren? 生まれ 🙂', /🙂\n[^>]*\n\n>$/);
    await chat.say('/only lagre', /error: .*Did you mean `large`\?/);
    await chat.say('/only', /The composition answers\./);
    await chat.press('C-d');
    expect(await chat.see(/left with 0/)).toContain('large answers alone.');
  });
});
