import { didYouMean } from '../../faults/index.ts';
import { UsageError } from '../failure.ts';
import type { ChatSession } from './session.ts';

/** What a chat's terminal is to do because of a command. */
export type Deed =
  | { readonly kind: 'leave' }
  | { readonly kind: 'regenerate' }
  | { readonly kind: 'explain' }
  | { readonly kind: 'save' | 'load'; readonly file: string };

/** What became of a command. */
export interface CommandOutcome {
  readonly lines: readonly string[];
  readonly deed?: Deed;
}

interface ChatCommand {
  readonly name: string;
  /** What stands behind it in the help. */
  readonly takes?: string;
  readonly what: string;
  /** Words behind it at most; `Infinity`: a text. */
  readonly words: number;
  run(session: ChatSession, words: readonly string[], text: string): CommandOutcome;
}

const said = (...lines: string[]): CommandOutcome => ({ lines });

/** In the order of the help. */
const commands: readonly ChatCommand[] = [
  {
    name: '/set',
    takes: 'NAME VALUE',
    what: 'change a param (alpha) or a sampling option (temperature), as does /NAME VALUE; alone: show all',
    words: 2,
    run: ({ settings }, words) => {
      if (words.length === 0) return said(...settings.describe());
      return change(words, (name, value) => settings.set(name, value), '/set');
    },
  },
  {
    name: '/param',
    takes: 'NAME VALUE',
    what: "change one of the recipe's params; alone: show all",
    words: 2,
    run: ({ settings }, words) => {
      const [name] = words;
      if (name === undefined) return said(...settings.describeParams());
      if (settings.names.includes(name) && !settings.params.includes(name)) {
        throw new UsageError(`${name} is a sampling option: /set ${name} changes it.`);
      }
      return change(words, (param, value) => settings.set(param, value), '/param');
    },
  },
  {
    name: '/reward',
    takes: 'NAME WEIGHT',
    what: 'change the weight of a reward; alone: show all',
    words: 2,
    run: ({ settings }, words) => {
      if (words.length === 0) return said(...settings.describeRewards());
      const set = (name: string, weight: number): void => settings.setReward(name, weight);
      return change(words, set, '/reward', 'has the weight');
    },
  },
  {
    name: '/only',
    takes: 'MODEL',
    what: "ask one of the recipe's models alone; without MODEL: the composition again",
    words: 1,
    run: ({ settings }, [model]) => {
      settings.setOnly(model);
      return said(model === undefined ? 'The composition answers.' : `${model} answers alone.`);
    },
  },
  {
    name: '/system',
    takes: 'TEXT',
    what: 'what the models are told before all else; alone: show it; "": nothing',
    words: Infinity,
    run({ conversation }, _, text) {
      if (text !== '') conversation.system = text === '""' ? undefined : text;
      return said(conversation.system ?? 'Nothing is said before the conversation.');
    },
  },
  {
    name: '/regenerate',
    what: 'answer the last question anew',
    words: 0,
    run: () => ({ lines: [], deed: { kind: 'regenerate' } }),
  },
  {
    name: '/why',
    what: 'why every token of the last answer was chosen',
    words: 0,
    run: () => ({ lines: [], deed: { kind: 'explain' } }),
  },
  {
    name: '/trace',
    what: 'show that after each answer, or stop showing it',
    words: 0,
    run(session) {
      const { settings, tracesTokens } = session;
      settings.setTrace(!tracesTokens);
      return said(
        tracesTokens ? 'Answers are not explained any more.' : 'Every answer is explained.',
      );
    },
  },
  {
    name: '/save',
    takes: 'FILE',
    what: 'write the conversation as JSON, as requests have it',
    words: Infinity,
    run: (_, __, file) => ({ lines: [], deed: { kind: 'save', file: requireFile('/save', file) } }),
  },
  {
    name: '/load',
    takes: 'FILE',
    what: 'go on with a conversation of a file in place of this one',
    words: Infinity,
    run: (_, __, file) => ({ lines: [], deed: { kind: 'load', file: requireFile('/load', file) } }),
  },
  {
    name: '/reset',
    what: 'forget the conversation, keep the settings',
    words: 0,
    run({ conversation }) {
      conversation.begin();
      return said('The conversation begins anew.');
    },
  },
  {
    name: '/help',
    what: 'this list',
    words: 0,
    run: () => said(...helpLines()),
  },
  {
    name: '/exit',
    what: 'leave; so do Ctrl-D and pressing Ctrl-C twice',
    words: 0,
    run: () => ({ lines: [], deed: { kind: 'leave' } }),
  },
];

/** Other names that people know. */
const synonyms: Readonly<Record<string, string>> = {
  '/?': '/help',
  '/quit': '/exit',
  '/bye': '/exit',
  '/retry': '/regenerate',
  '/clear': '/reset',
};

export const commandNames: readonly string[] = commands.map(({ name }) => name);

/** @param line - Begins with `/`. @throws UsageError, InvalidOptionError; then nothing is changed. */
export function runCommand(session: ChatSession, line: string): CommandOutcome {
  const [given = ''] = line.trim().split(/\s+/, 1);
  const text = line.trim().slice(given.length).trim();
  const words = text === '' ? [] : text.split(/\s+/);
  const name = synonyms[given] ?? given;
  const command = commands.find((one) => one.name === name);
  if (command === undefined) return setByName(session, given, words);
  if (words.length > command.words) {
    const most = command.words === 0 ? 'nothing' : `at most ${counted(command.words)}`;
    throw new UsageError(`${given} takes ${most}.`);
  }
  return command.run(session, words, text);
}

/** `/alpha .3` */
function setByName(
  { settings }: ChatSession,
  given: string,
  words: readonly string[],
): CommandOutcome {
  const { names } = settings;
  const name = given.slice(1);
  if (names.includes(name) && words.length < 2) {
    return change([name, ...words], (own, value) => settings.set(own, value), '', 'is', given);
  }
  if (names.includes(name)) throw new UsageError(`${given} takes at most 1 word.`);
  const known = [...commandNames, ...names.map((one) => `/${one}`)];
  const remedy = didYouMean(given, known) || ' /help lists the commands.';
  throw new UsageError(`There is no command ${given}.${remedy}`);
}

function change(
  [name = '', text]: readonly string[],
  set: (name: string, value: number) => void,
  command: string,
  verb = 'is',
  shown = `${command} ${name}`,
): CommandOutcome {
  const value = text === undefined ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new UsageError(`${shown} needs a number: ${shown} 0.6`);
  set(name, value);
  return said(`${name} ${verb} ${value}.`);
}

function requireFile(command: string, file: string): string {
  if (file !== '') return file;
  throw new UsageError(`${command} needs the name of a file: ${command} chat.json`);
}

function counted(words: number): string {
  return `${words} ${words === 1 ? 'word' : 'words'}`;
}

function helpLines(): string[] {
  const usages = commands.map(({ name, takes = '' }) => `${name} ${takes}`.trimEnd());
  const width = Math.max(...usages.map(({ length }) => length));
  return [
    ...commands.map(({ what }, i) => `${usages[i]!.padEnd(width)}  ${what}`),
    '"""'.padEnd(width) + '  begins and ends a text of several lines; so does pasting',
  ];
}
