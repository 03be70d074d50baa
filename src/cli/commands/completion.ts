import { Argument, type Command } from 'commander';

import type { Cli } from '../cli.ts';
import { writeLines } from '../output.ts';

/** Shells that scripts are written for. */
const shells = ['bash', 'zsh', 'fish'] as const;

const examples = `
Put one line into what your shell reads when it starts:
  echo 'source <(trimtab completion bash)' >> ~/.bashrc    it needs the package bash-completion
  echo 'source <(trimtab completion zsh)' >> ~/.zshrc      behind compinit
  trimtab completion fish > ~/.config/fish/completions/trimtab.fish`;

/** The script's own line has no `-o default`, by which bash completes files where no word fits. */
const bashWithFiles = 'complete -o default -F __trimtab_complete trimtab';

export function defineCompletion(command: Command, { out }: Cli): Command {
  return command
    .description(
      'Prints a script for a shell, by which Tab completes commands, flags, their values and files.',
    )
    .addArgument(new Argument('<shell>', 'which one').choices(shells))
    .addHelpText('after', examples)
    .action(async (shell: (typeof shells)[number]) => {
      const { script } = await import('@bomb.sh/tab');
      script(shell, 'trimtab', 'trimtab'); // on stdout
      if (shell === 'bash') writeLines(out, [bashWithFiles]);
    });
}
