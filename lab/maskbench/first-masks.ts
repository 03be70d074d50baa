// What masks cost at places that no answer has been at, on real schemas and documents, beside llguidance.
import { createConstraintState } from '../../src/grammar/index.ts';
import type { Vocabulary } from '../../src/spec/index.ts';
import { benchVocabulary } from '../constraints/vocabulary.ts';
import { experiment } from '../shared/experiment.ts';
import { number } from '../shared/flags.ts';
import { machineFacts, showMachine } from '../shared/measure.ts';
import { tableOf } from '../shared/table.ts';
import { schemaFlags, withMaskBench } from './files.ts';
import { askLines, piecesOf } from './peer.ts';
import { readWalks, type Walk } from './walks.ts';

/** Far from the end of any budget. */
const budget = 1_000_000;

/** Milliseconds of the mask before each token; `null` where a token is not allowed. */
type Times = readonly number[] | null;

export default experiment({
  flags: {
    ...schemaFlags,
    every: number('takes one file of so many', 40),
    tokens: number('tokens of the vocabulary', 128_000),
  },
  async run({ schemas, every, tokens, python }, print) {
    print(`${showMachine()}\n`);
    const vocabulary = benchVocabulary(tokens);
    const walks = await withMaskBench(schemas, (all) =>
      readWalks(
        all.filter((_, i) => i % every === 0),
        vocabulary,
      ),
    );
    const first = walks.map((walk) => measure(walk, vocabulary));
    const again = walks.map((walk) => measure(walk, vocabulary));
    const peers = python === undefined ? undefined : await askMasks(python, vocabulary, walks);
    const isCompared = walks.map((_, i) => first[i] !== null && peers?.[i] !== null);
    const timesOf = (times: readonly Times[]): number[] =>
      times.flatMap((each, i) => (isCompared[i] === true ? (each ?? []) : []));
    const rows = [
      { name: 'first visit', times: timesOf(first) },
      { name: 'the same again', times: timesOf(again) },
      ...(peers ? [{ name: 'llguidance', times: timesOf(peers) }] : []),
    ];
    print(
      `${isCompared.filter(Boolean).length} of ${walks.length} schemas that compile and have a valid document, ` +
        `${rows[0]!.times.length} tokens of a vocabulary of ${tokens}; ms a mask\n`,
    );
    print(showTimes(rows));
    return { data: { machine: machineFacts(), rows } };
  },
});

function measure({ compiled, tokens }: Walk, vocabulary: Vocabulary): Times {
  const state = createConstraintState(compiled, vocabulary);
  const times: number[] = [];
  for (const token of tokens) {
    const began = performance.now();
    state.mask(budget);
    times.push(performance.now() - began);
    if (!state.allows(token, budget)) return null;
    state.accept(token);
  }
  return times;
}

function askMasks(
  environment: string,
  vocabulary: Vocabulary,
  walks: readonly Walk[],
): Promise<Times[]> {
  const pieces = piecesOf(vocabulary);
  const lines = [pieces, ...walks.map(({ schema, tokens }) => ({ schema, tokens }))];
  return askLines(
    { environment, program: 'masks-peer.py' },
    lines.map((line) => JSON.stringify(line)),
    walks.length,
    () => {},
  );
}

function showTimes(
  rows: readonly { readonly name: string; readonly times: readonly number[] }[],
): string {
  const at = (times: readonly number[], share: number): string => {
    const sorted = times.toSorted((a, b) => a - b);
    return (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(3);
  };
  return tableOf(rows, {
    '': ({ name }) => name,
    mean: ({ times }) => (times.reduce((sum, time) => sum + time, 0) / times.length).toFixed(3),
    p50: ({ times }) => at(times, 0.5),
    p90: ({ times }) => at(times, 0.9),
    p95: ({ times }) => at(times, 0.95),
    p99: ({ times }) => at(times, 0.99),
    worst: ({ times }) => at(times, 1),
  });
}
