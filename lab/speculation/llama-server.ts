// llama-server's own speculation beside Trimtab's, where nothing steers.
import { existsSync } from 'node:fs';
import path from 'node:path';

import { LoadedRecipe } from '../../src/index.ts';
import { mannerFlags, toArgs, type ProgramsFolder } from '../peers/llama-cpp.ts';
import { startServer, type RunningServer } from '../peers/processes.ts';
import { freePort } from '../peers/serving.ts';
import { ratioOf, showSummary, type Summary } from '../shared/measure.ts';
import { sum } from '../shared/numbers.ts';
import { countAnswers, msPerToken, type Drafts } from './counts.ts';
import { draftLength, ways } from './measure.ts';
import { inBothOrders } from './rounds.ts';
import type { Subject } from './subjects.ts';

/** At alpha 0, the expert drafting: seconds for a token with drafts / without. */
export interface PeerResults {
  readonly ours: PeerSide;
  readonly theirs: PeerSide;
  /** Seconds for a token without drafts, and with: Trimtab's / llama-server's. */
  readonly plain: Summary;
  readonly drafted: Summary;
}

export interface PeerSide {
  readonly overOff: Summary;
  readonly drafts: Drafts;
}

/** What an answer took; Trimtab's, too. */
interface Taken extends Drafts {
  readonly msPerToken: number;
}

const maxTokens = 48;

/** Whether there is a llama-server to compare with. */
export function hasServer(folder: ProgramsFolder): boolean {
  return existsSync(path.join(folder, 'llama-server'));
}

export async function compareWithServer(
  folder: ProgramsFolder,
  { recipe, files, material, threads }: Subject,
  rounds: number,
): Promise<PeerResults> {
  const questions = material.questions.slice(0, material.alone);
  await using loaded = await LoadedRecipe.load(recipe(1));
  await using off = await serve(folder, threads, { '-m': files.base });
  await using drafting = await serve(folder, threads, {
    '-m': files.base,
    '-md': files.expert,
    '--spec-type': 'draft-simple',
    '--spec-draft-n-max': draftLength,
    '--spec-draft-p-min': 0,
    '--spec-draft-threads': threads,
  });
  const ours = (speculation: string) => () => answerHere(loaded, questions, speculation);
  const theirs = (server: RunningServer) => () => askServer(server, questions);
  const measured = await inBothOrders(
    {
      ours: ours(ways.off),
      oursDrafted: ours(ways.expert),
      theirs: theirs(off),
      theirsDrafted: theirs(drafting),
    },
    rounds,
    'llama-server',
  );
  const ms = (name: keyof typeof measured) => measured[name].map((taken) => taken.msPerToken);
  const draftsOf = ([taken]: readonly Taken[]) => ({
    drafted: taken!.drafted,
    accepted: taken!.accepted,
  });
  return {
    ours: {
      overOff: ratioOf(ms('oursDrafted'), ms('ours')),
      drafts: draftsOf(measured.oursDrafted),
    },
    theirs: {
      overOff: ratioOf(ms('theirsDrafted'), ms('theirs')),
      drafts: draftsOf(measured.theirsDrafted),
    },
    plain: ratioOf(ms('ours'), ms('theirs')),
    drafted: ratioOf(ms('oursDrafted'), ms('theirsDrafted')),
  };
}

export function showPeer({ ours, theirs, plain, drafted }: PeerResults): string {
  const side = ({ overOff, drafts }: PeerSide) =>
    `${showSummary(overOff)}, ${drafts.accepted} of ${drafts.drafted} accepted`;
  return [
    '## Nothing steers (alpha 0), the expert drafts: seconds ÷ off',
    '',
    `Trimtab ${side(ours)}; llama-server ${side(theirs)}.`,
    `Trimtab ÷ llama-server: ${showSummary(plain)} off, ${showSummary(drafted)} drafting.`,
  ].join('\n');
}

async function serve(
  folder: ProgramsFolder,
  threads: number,
  options: Readonly<Record<string, string | number>>,
): Promise<RunningServer> {
  const port = await freePort();
  return startServer(
    path.join(folder, 'llama-server'),
    [
      ...toArgs({ ...options, '-t': threads, '-np': 1, '-c': 512 }),
      ...toArgs({ '--host': '127.0.0.1', '--port': port }),
      ...mannerFlags.plain,
    ],
    port,
  );
}

async function answerHere(
  loaded: LoadedRecipe,
  questions: readonly string[],
  speculation: string,
): Promise<Taken> {
  const answers = [];
  for (const question of questions) {
    const options = { temperature: 0, maxTokens, params: { alpha: 0 }, speculation };
    answers.push(await loaded.generate(question, options));
  }
  const { drafts } = countAnswers(answers);
  return { msPerToken: msPerToken(answers.map((answer) => [answer])), ...allDrafts(drafts) };
}

function allDrafts(drafts: Readonly<Record<string, Drafts>>): Drafts {
  const all = Object.values(drafts);
  return {
    drafted: sum(all.map(({ drafted }) => drafted)),
    accepted: sum(all.map(({ accepted }) => accepted)),
  };
}

interface ServerTimings {
  readonly predicted_n: number;
  readonly predicted_ms: number;
  readonly draft_n?: number;
  readonly draft_n_accepted?: number;
}

async function askServer({ url }: RunningServer, questions: readonly string[]): Promise<Taken> {
  const timings: ServerTimings[] = [];
  for (const question of questions) {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        messages: [{ role: 'user', content: question }],
        temperature: 0,
        max_tokens: maxTokens,
      }),
    });
    if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    timings.push(((await response.json()) as { readonly timings: ServerTimings }).timings);
  }
  const total = (pick: (each: ServerTimings) => number) => sum(timings.map(pick));
  return {
    msPerToken: total((each) => each.predicted_ms) / total((each) => each.predicted_n),
    drafted: total((each) => each.draft_n ?? 0),
    accepted: total((each) => each.draft_n_accepted ?? 0),
  };
}
