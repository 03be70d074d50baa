import type { Argument, Command, Option } from 'commander';

/** What may stand in a place of a command line. */
export interface Suggestion {
  /** Names and values, and what they are. */
  readonly words: readonly (readonly [word: string, what: string])[];
  /** Whether a file may stand there, too. */
  readonly mayBeFile: boolean;
}

const none: Suggestion = { words: [], mayBeFile: false };

/**
 * What may come in the place of the last word.
 * @param words - What is typed behind the program's name; the last is what is being typed, `''` at its beginning.
 */
export function completeWords(program: Command, words: readonly string[]): Suggestion {
  const current = words.at(-1) ?? '';
  const place = new Place(program);
  for (const word of words.slice(0, -1)) place.pass(word);
  return startingWith(current, completionOf(place, current));
}

function completionOf(place: Place, current: string): Suggestion {
  const { command, option } = place;
  if (option !== undefined) return valuesOf(option);
  if (current.startsWith('-') && !place.isBehindFlags) {
    const [name, value] = current.split('=', 2);
    if (value === undefined) return { words: flagsOf(command), mayBeFile: false };
    const { words, mayBeFile } = valuesOf(findOption(command, name!));
    return { words: words.map(([word, what]) => [`${name}=${word}`, what]), mayBeFile };
  }
  const { words, mayBeFile } = valuesOf(place.argument);
  return { words: [...place.subcommands, ...words], mayBeFile };
}

function startingWith(current: string, { words, mayBeFile }: Suggestion): Suggestion {
  return { words: words.filter(([word]) => word.startsWith(current)), mayBeFile };
}

/** Where on a command line the words so far have led. */
class Place {
  command: Command;
  /** The flag whose value is next. */
  option: Option | undefined;
  /** Whether what comes are arguments, whatever it looks like. */
  isBehindFlags = false;
  #arguments = 0;

  constructor(program: Command) {
    this.command = program;
  }

  get subcommands(): [string, string][] {
    if (this.#arguments > 0) return [];
    const { command } = this;
    return command
      .createHelp()
      .visibleCommands(command)
      .map((one) => [one.name(), firstLine(one.summary() || one.description())]);
  }

  get argument(): Argument | undefined {
    const { registeredArguments: all } = this.command;
    const last = all.at(-1);
    return all[this.#arguments] ?? (last?.variadic === true ? last : undefined);
  }

  pass(word: string): void {
    if (this.option !== undefined) this.option = undefined;
    else if (this.isBehindFlags) this.#arguments++;
    else if (word === '--') this.isBehindFlags = true;
    else if (word.startsWith('-')) this.#passFlag(word);
    else this.#passWord(word);
  }

  #passFlag(word: string): void {
    const option = findOption(this.command, word);
    if (option?.required === true && !word.includes('=')) this.option = option;
  }

  #passWord(word: string): void {
    const child = this.command.commands.find((one) => one.name() === word);
    if (child === undefined || this.#arguments > 0) this.#arguments++;
    else this.command = child;
  }
}

function flagsOf(command: Command): [string, string][] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short, description }) => [long ?? short ?? '', firstLine(description)]);
}

function findOption(command: Command, word: string): Option | undefined {
  const [name] = word.split('=', 1);
  return command.options.find(({ long, short }) => long === name || short === name);
}

/** Words that a value or an argument may be; without a list of them it may be a file. */
function valuesOf(given: Option | Argument | undefined): Suggestion {
  if (given === undefined) return none;
  const choices = given.argChoices ?? [];
  return { words: choices.map((choice) => [choice, '']), mayBeFile: choices.length === 0 };
}

/** One line without tabs, which shells read as columns. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0]!.replaceAll('\t', ' ');
}
