import { LoadedRecipe } from '../../src/index.ts';
import type { Print } from '../shared/experiment.ts';
import { sum } from '../shared/numbers.ts';
import { compareWithServer, hasServer, showPeer, type PeerResults } from './llama-server.ts';
import { measureWorkload, type WorkloadResults } from './measure.ts';
import { showWorkload, type SpeculationResults } from './report.ts';
import type { OpenSubject, Subject, SubjectOptions } from './subjects.ts';
import { lanesOf, workloadsOf } from './workloads.ts';

export interface SpeculationOptions extends SubjectOptions {
  readonly rounds: number;
  /** Workloads are measured whose names hold one of them. */
  readonly words: readonly string[];
  /** With llama.cpp's programs; `undefined`: there is nothing to compare with. */
  readonly folder: string | undefined;
}

/**
 * Counts and seconds of one subject, workload after workload.
 * @returns `null` where the subject is not there.
 */
export async function measureSpeculation(
  open: OpenSubject,
  options: SpeculationOptions,
  print: Print,
): Promise<SpeculationResults | null> {
  const subject = await open(options, print);
  if (subject === null) return null;
  const { name, recipe, material, threads } = subject;
  const { rounds, words } = options;
  const asked = workloadsOf(material).filter((workload) =>
    words.some((word) => workload.name.toLowerCase().includes(word)),
  );
  const counted = threads === 1 ? 'a thread' : `${threads} threads`;
  print(`\n# Speculation: ${name}\n\n${rounds} rounds, ${counted} of each model.`);
  const workloads: WorkloadResults[] = [];
  for (const workload of asked) {
    await using loaded = await LoadedRecipe.load(recipe(lanesOf(workload)));
    const results = await measureWorkload(loaded, workload, rounds, name);
    print(`\n${showWorkload(results)}`);
    workloads.push(results);
  }
  const broken = countBroken(workloads);
  if (broken > 0) print(`\n${broken} answers differ from those without drafts: they must not.`);
  const peer = await comparePeer(subject, options, print);
  return { subject: name, rounds, threads, broken, workloads, peer };
}

function countBroken(workloads: readonly WorkloadResults[]): number {
  const all = workloads.flatMap(({ ways }) => Object.values(ways));
  return sum(all.map(({ sameness }) => sameness.broken));
}

async function comparePeer(
  subject: Subject,
  { folder, rounds }: SpeculationOptions,
  print: Print,
): Promise<PeerResults | null> {
  if (folder === undefined) return null;
  if (!hasServer(folder)) {
    print(`\nThere is no llama-server in ${folder}: nothing is compared with it.`);
    return null;
  }
  const peer = await compareWithServer(folder, subject, rounds);
  print(`\n${showPeer(peer)}`);
  return peer;
}
