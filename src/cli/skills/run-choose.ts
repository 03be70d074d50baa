import { readConversations } from '../../evaluation/index.ts';
import { LoadedRecipe } from '../../engine/index.ts';
import { chooseSkill, searchMixture, type ScoredMixture } from '../../skills/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { parseFile, readRecipe } from '../named-file.ts';
import type { OutputFlags } from '../options/output.ts';
import type { PullFlags } from '../options/pull.ts';
import { writeLines } from '../output.ts';
import { renderTable, rightAligned } from '../render/table.ts';

interface ChooseFlags extends OutputFlags, PullFlags {
  readonly limit?: number;
  readonly search?: boolean;
  readonly seed: number;
}

/** Says which skill makes examples likeliest, and by how much. */
export async function runChoose(
  cli: Cli,
  file: string,
  data: string,
  flags: ChooseFlags,
): Promise<void> {
  const recipe = await readRecipe(cli, 'recipe', file, flags);
  const skills = [...recipe.skills.keys()];
  if (skills.length === 0) {
    throw new UsageError(
      `recipe: ${file} has no skills to choose from: see \`trimtab docs skills\`.`,
    );
  }
  const { conversations } = await parseFile('data', data, (text) => readConversations(text, data));
  if (conversations.length === 0) {
    throw new UsageError(`data: ${data} is empty: give at least one prompt with its answer.`);
  }
  const examples = conversations
    .slice(0, flags.limit)
    .map(({ prompt, answer }) => ({ prompt, answer: { answer } }));
  const { signal } = cli.interruption;
  await using loaded = await LoadedRecipe.load(recipe, { ...cli.engineOptions, signal });
  const asked = { skills, examples, signal };
  const chosen = await chooseSkill(loaded, asked);
  const searched = flags.search
    ? await searchMixture(loaded, { ...asked, seed: flags.seed })
    : undefined;
  if (flags.json) {
    return writeJson(cli.out, {
      ...chosen,
      ...(searched && { searched: { ...searched, compared: undefined } }),
    });
  }
  const rows = [...chosen.compared, ...(searched ? [searched] : [])].map((mixture) => [
    showMixture(mixture),
    (mixture.logprob / examples.length).toFixed(2),
  ]);
  const passes = chosen.passes + (searched?.passes ?? 0);
  writeLines(cli.out, [
    ...renderTable([{ title: 'skill' }, rightAligned('nats an answer')], rows),
    '',
    `${showMixture(searched ?? chosen)} makes the ${examples.length} examples likeliest, by ${passes} passes: ${showFlags(searched ?? chosen)}`,
  ]);
}

function partsOf({ weights }: Pick<ScoredMixture, 'weights'>): (readonly [string, number])[] {
  return Object.entries(weights)
    .map(([skill, weight]) => [skill, Math.round(weight * 100) / 100] as const)
    .filter(([, weight]) => weight !== 0);
}

function showMixture(mixture: Pick<ScoredMixture, 'weights'>): string {
  const parts = partsOf(mixture).map(([skill, weight]) => `${skill} ${weight}`);
  return parts.length === 0 ? 'none' : parts.join(' + ');
}

function showFlags(mixture: Pick<ScoredMixture, 'weights'>): string {
  const parts = partsOf(mixture).map(([skill, weight]) => `--param ${skill}=${weight}`);
  return parts.length === 0 ? 'leave all skills at 0' : parts.join(' ');
}
