import type { Command } from 'commander';

import type { Prompt } from '../../index.ts';

/** Flags of {@link addSystemOption}, as commander parses them. */
export interface SystemFlags {
  readonly system?: string;
}

/** The flag that puts a system message before what is asked. */
export function addSystemOption(command: Command): Command {
  return command.option('--system <text>', 'a system message before the prompt');
}

/** A question as the flags want it asked. */
export function toQuestion(text: string, { system }: SystemFlags): Prompt {
  if (system === undefined) return text;
  return {
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: text },
    ],
  };
}
