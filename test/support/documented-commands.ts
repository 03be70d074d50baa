import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Fenced blocks of shell: all of `sh`, and what follows a `$` in `console`. */
export function shellBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```(sh|console)\n([\s\S]*?)^```$/gm)].map(([, language, code]) =>
    language === 'sh' ? code! : typedLines(code!),
  );
}

/** What was typed in a transcript: lines after `$ `, and those that they go on with. */
function typedLines(transcript: string): string {
  let isTyped = false;
  return transcript
    .split('\n')
    .filter((line) => {
      isTyped = line.startsWith('$ ') || isTyped;
      const isKept = isTyped;
      isTyped &&= line.endsWith('\\');
      return isKept;
    })
    .map((line) => line.replace(/^\$ /, ''))
    .join('\n');
}

/** The commands that `--help` shows as examples, without what is said of them. */
export function helpExamples(help: string): string[] {
  const joined = help.replaceAll(/\n {4,}(?=--)/g, ' ');
  return [...joined.matchAll(/^ {2}(?:\S+=… )?(trimtab .*)$/gm)].map(
    ([, line]) => line!.split(/ {3,}/)[0]!,
  );
}

/**
 * The words of every command that a shell would run, none of them being run: bash itself splits, quotes
 * and expands them, in an empty folder and without any program to find.
 */
export function commandsOf(script: string): string[][] {
  const folder = mkdtempSync(path.join(tmpdir(), 'trimtab-words-'));
  try {
    const record = `command_not_found_handle() { printf '%s\\0' "$#" "$@" >&3; }\n`;
    const { output, status, stderr } = spawnSync(
      '/bin/bash',
      ['-c', record + script.replaceAll('.venv/bin/', '')],
      {
        cwd: folder,
        env: { PATH: folder },
        stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`bash ends with ${status}: ${stderr}\n${script}`);
    return toCommands(output[3]!.split('\0'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Each command is preceded by the number of its words. */
function toCommands(words: readonly string[]): string[][] {
  const commands: string[][] = [];
  for (let i = 0; i < words.length - 1;) {
    const count = Number(words[i]);
    commands.push(words.slice(i + 1, i + 1 + count));
    i += 1 + count;
  }
  return commands;
}
