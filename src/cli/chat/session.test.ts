import { beforeAll, beforeEach, expect, it } from 'vitest';

import { InvalidOptionError, resolveRecipe, type ServedRecipe } from '../../index.ts';
import { createLocalService } from '../../service/index.ts';
import { UsageError } from '../failure.ts';
import { commandNames, runCommand } from './commands.ts';
import { ChatSession } from './session.ts';

const recipe = resolveRecipe(
  {
    name: 'test',
    models: { large: 'a.gguf', chat: 'b.gguf', small: 'c.gguf' },
    base: 'large',
    expert: 'chat',
    antiExpert: 'small',
    sampling: { temperature: 0 },
    rewards: { brief: { length: { target: 5 } }, kind: { words: { please: 1 }, weight: 2 } },
  },
  { directory: '/' },
);

let served: ServedRecipe;
let session: ChatSession;

const command = (line: string) => runCommand(session, line);

beforeAll(async () => {
  await using service = await createLocalService({ recipes: [recipe] });
  served = service.recipes()[0]!;
});

beforeEach(() => {
  session = new ChatSession(served, { maxTokens: 5 }, 'Be kind.');
});

it('keeps the conversation, and forgets it but for the system message', () => {
  const system = { role: 'system', content: 'Be kind.' };
  session.conversation.remember('Hi', 'Hello', undefined);
  expect(session.conversation.ask('Who?')).toEqual([
    system,
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello' },
    { role: 'user', content: 'Who?' },
  ]);
  command('/reset');
  expect(session.conversation.ask('Who?')).toEqual([system, { role: 'user', content: 'Who?' }]);
});

it('changes params, sampling and who answers', () => {
  command('/set alpha 0.6');
  command('/set temperature 0.8');
  command('/set seed 3');
  command('/only chat');
  command('/trace');
  expect(session.options).toEqual({
    maxTokens: 5,
    params: { alpha: 0.6 },
    temperature: 0.8,
    seed: 3,
    only: 'chat',
    trace: true,
  });
  command('/only');
  command('/trace');
  expect(session.options.only).toBeUndefined();
  expect(session.tracesTokens).toBe(false);
  expect(command('/set').lines).toContain('alpha 0.6');
  expect(command('/set').lines).toContain('temperature 0.8');
});

it('changes the weights of rewards', () => {
  expect(command('/reward').lines).toEqual(['brief 1', 'kind 2']);
  command('/reward brief 0.5');
  command('/reward kind 0');
  command('/set rewardWeight 2');
  expect(session.options).toMatchObject({
    rewards: { brief: 0.5, kind: 0 },
    params: { rewardWeight: 2 },
  });
  expect(command('/reward').lines).toEqual(['brief 0.5', 'kind 0']);
});

it.each([
  ['/reward breif 1', InvalidOptionError, 'has no reward breif. Did you mean `brief`?'],
  ['/reward brief', UsageError, '/reward brief needs a number: /reward brief 0.6'],
  ['/reward brief 1e9', InvalidOptionError, 'must be a number from -1000 to 1000'],
  ['/onyl chat', UsageError, 'There is no command /onyl. Did you mean `/only`?'],
  ['/set alpah 1', UsageError, 'There is nothing called alpah to set. Did you mean `alpha`?'],
  ['/set alpha', UsageError, '/set alpha needs a number: /set alpha 0.6'],
  ['/set alpha much', UsageError, '/set alpha needs a number: /set alpha 0.6'],
  ['/set alpha 3', InvalidOptionError, 'params.alpha must be a number from 0 to 2, not 3.'],
  ['/set topP 7', InvalidOptionError, 'topP must be a number above 0 and at most 1, not 7.'],
  ['/set alpha 1 2', UsageError, '/set takes at most 2 words.'],
  ['/reset now', UsageError, '/reset takes nothing.'],
  ['/only zzz', InvalidOptionError, 'has no model zzz. It has large, chat, small.'],
  ['/set zzz 1', UsageError, 'There is nothing called zzz to set. There are alpha, '],
  ['/zzzzzz', UsageError, 'There is no command /zzzzzz. /help lists the commands.'],
  ['/alpah 1', UsageError, 'There is no command /alpah. Did you mean `/alpha`?'],
  ['/alpha', UsageError, '/alpha needs a number: /alpha 0.6'],
  ['/alpha 1 2', UsageError, '/alpha takes at most 1 word.'],
  ['/alpha 3', InvalidOptionError, 'params.alpha must be a number from 0 to 2, not 3.'],
  ['/param temperature 1', UsageError, 'temperature is a sampling option: /set temperature'],
  ['/param alpah 1', UsageError, 'There is nothing called alpah to set. Did you mean `alpha`?'],
  ['/save', UsageError, '/save needs the name of a file: /save chat.json'],
  ['/why not', UsageError, '/why takes nothing.'],
  ['/set alpha ', UsageError, '/set alpha needs a number: /set alpha 0.6'],
  ['/only larg', InvalidOptionError, 'The recipe has no model larg. Did you mean `large`?'],
])('refuses %s and changes nothing', (line, type, message) => {
  const before = session.options;
  expect(() => command(line)).toThrow(type);
  expect(() => command(line)).toThrow(message);
  expect(session.options).toBe(before);
});

it('knows every command of its help', () => {
  const { lines } = command('/help');
  for (const [i, name] of commandNames.entries()) {
    expect(lines[i]).toMatch(new RegExp(`^${name}\\b`));
    const withFile = ['/save', '/load'].includes(name) ? `${name} a chat.json` : name;
    expect(() => command(withFile)).not.toThrow();
  }
  expect(command('/exit').deed).toEqual({ kind: 'leave' });
  expect(command('/save a chat.json').deed).toEqual({ kind: 'save', file: 'a chat.json' });
});

it('takes the name of what is set for a command', () => {
  command('/alpha .3');
  command('/temperature 0.5');
  command('/param alpha 0.4');
  expect(session.options).toMatchObject({ params: { alpha: 0.4 }, temperature: 0.5 });
  expect(command('/param').lines).toContain('alpha 0.4');
});

it('shows, changes and drops what is said before the conversation', () => {
  expect(command('/system').lines).toEqual(['Be kind.']);
  command('/system Be  brief, "always".');
  expect(session.conversation.ask('Hi')[0]).toEqual({
    role: 'system',
    content: 'Be  brief, "always".',
  });
  command('/system ""');
  expect(session.conversation.ask('Hi')).toEqual([{ role: 'user', content: 'Hi' }]);
});

it('asks anew with another seed where one is set', () => {
  expect(() => session.again).toThrow('Nothing was asked yet.');
  session.remember('Hi', 'Hello', undefined);
  expect(session.again).toBe(session.options);
  command('/seed 7');
  expect(session.again.seed).toBe(8);
});
