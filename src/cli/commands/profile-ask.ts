import { Command } from 'commander';

import type { Enough, ProfileQuestion } from '../../profiles/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { Interrupted } from '../interruption.ts';
import { writeJson } from '../json.ts';
import { readRecipe } from '../named-file.ts';
import { addModuleOption } from '../options/modules.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { storeWords } from '../options/data-directory.ts';
import { addRecipeOption, type RecipeFlags } from '../options/recipe.ts';
import { parseNumber } from '../options/values.ts';
import { writeLines } from '../output.ts';
import { askKey } from '../profiles/ask-key.ts';
import { interview, type Interviewer } from '../profiles/interview.ts';
import { localOwner } from '../profiles/local-owner.ts';
import { createPreparingBar, type PreparingBar } from '../profiles/preparing-bar.ts';
import { parseOutcomeKeys, type OutcomeKey } from '../profiles/outcomes.ts';
import { withProfiles, type ProfilesFlags } from '../profiles/with-profiles.ts';
import { renderBlocks } from '../render/columns.ts';
import { escapeControls } from '../render/escape.ts';
import { renderProfile } from '../render/profile.ts';

interface AskFlags extends RecipeFlags, ProfilesFlags, OutputFlags {
  readonly answers?: readonly OutcomeKey[];
}

/** What begins an interview, and goes on with it. */
export function askCommand(user: string, flags: RecipeFlags): string {
  const place = storeWords(flags);
  return `trimtab profile ask ${user} --recipe ${flags.recipe}${place}`;
}

/** Why there is nothing more to ask. */
const endings: Readonly<Record<Enough['reason'], string>> = {
  count: 'As many questions as are useful were answered.',
  gain: 'No other answer would teach much.',
  'none left': 'The recipe has no other answers to compare.',
};

export function createAskCommand(cli: Cli): Command {
  const command = new Command('ask')
    .summary('ask the user which of two answers they like better')
    .description(
      'Shows two answers at a time and asks which one is better: 1, 2, t (both alike), s (neither), ' +
        'q (enough for now). Every answer is kept at once, and the interview goes on where it was left.',
    )
    .argument('<user>', 'the profile');
  addRecipeOption(command)
    .option('--answers <list>', 'the answers, without asking: 1,2,t,s', parseOutcomeKeys)
    .option('--seed <n>', 'makes the questions repeatable', parseNumber);
  addModuleOption(command);
  addJsonOption(command, 'what is known of the user in the end');
  return command.action((user: string) => ask(cli, user, command.optsWithGlobals()));
}

async function ask(cli: Cli, user: string, flags: AskFlags): Promise<void> {
  const { answers, quiet, json } = flags;
  if (answers === undefined && !(cli.input.isTTY && cli.out.isTerminal && !json)) {
    throw new UsageError(
      'An interview needs a terminal. Elsewhere, and with --json, give the answers: --answers 1,2,t',
    );
  }
  const recipe = await readRecipe(cli, '--recipe', flags.recipe, flags);
  using preparing = createPreparingBar(cli, quiet === true);
  const asking = answers === undefined ? atTerminal(cli, preparing) : fromList(answers, preparing);
  const { dim } = cli.out.palette;
  await withProfiles(cli, [recipe], flags, async (profiles) => {
    const { signal } = cli.interruption;
    const goOn = `Every answer is kept: \`${askCommand(user, flags)}\` goes on.`;
    try {
      const { reason } = await interview(profiles, user, recipe.name, asking, signal);
      preparing.clear();
      const view = await profiles.get(localOwner, user, recipe.name);
      if (json) return writeJson(cli.out, view);
      if (answers !== undefined) writeLines(cli.out, renderProfile(view, cli.out.palette));
      if (!quiet) writeLines(cli.out, [dim(reason === null ? goOn : endings[reason])]);
    } catch (error) {
      preparing.clear();
      if (error instanceof Interrupted && !quiet) writeLines(cli.err, [goOn]);
      throw error;
    }
    return undefined;
  });
}

/** Shows the answers side by side, waits for a key, and shows what it taught. */
function atTerminal(cli: Cli, preparing: PreparingBar): Interviewer {
  const { out } = cli;
  return {
    waiting: preparing.update,
    ask(question) {
      preparing.clear();
      const { number, expected } = question;
      writeLines(out, ['', ...renderQuestion(question, cli), '']);
      return askKey(cli, `Question ${number} of about ${expected}: which one is better?`);
    },
    learned: (view) => writeLines(out, renderProfile(view, out.palette)),
  };
}

function renderQuestion({ prompt, first, second }: ProfileQuestion, { out }: Cli): string[] {
  const { accent, bold, dim } = out.palette;
  const blocks = [first, second].map((text, i) => ({
    title: String(i + 1),
    text: escapeControls(text),
    footer: [],
  }));
  const style = { title: accent, footer: dim };
  return [bold(escapeControls(prompt)), '', ...renderBlocks(blocks, out.columns, style)];
}

/** Says what was given beforehand, one after the other. */
function fromList(keys: readonly OutcomeKey[], preparing: PreparingBar): Interviewer {
  const left = [...keys];
  return {
    waiting: preparing.update,
    ask() {
      preparing.clear();
      return Promise.resolve(left.shift() ?? null);
    },
    learned: () => {},
  };
}
