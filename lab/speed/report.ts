import { showMebibytes, showSummary, type Summary } from '../shared/measure.ts';
import { showTable, tableOf } from '../shared/table.ts';
import type { MemoryResults } from './memory.ts';
import type { ServingResults } from './serving.ts';
import { generationCounts, type Counts, type PrefixTokens, type StepResults } from './steps.ts';

export interface SubjectResults extends StepResults {
  readonly name: string;
  readonly rounds: number;
  readonly steps: number;
  readonly threads: readonly number[];
  readonly prefix: Summary;
  readonly prefixTokens: PrefixTokens;
  readonly counts: readonly Counts[];
  readonly serving: ServingResults;
  readonly memory: MemoryResults | null;
}

export function showSubject(results: SubjectResults): string {
  const { name, rounds, steps, threads, overGreedy, prefix, prefixTokens } = results;
  return [
    '',
    `# ${name}`,
    `${rounds} rounds of ${steps} steps, threads ${threads.join(', ')}.`,
    '',
    tableOf(results.atOnce, {
      'generations at once': ({ generations }) => String(generations),
      'composed / bare forwards': (each) => showSummary(each.overBare),
      '/ its own forwards': (each) => showSummary(each.overOwnForwards),
      '/ bare, processor time': (each) => showSummary(each.processorOverBare),
      'tokens per second / one alone': (each) => showSummary(each.throughput),
    }),
    '',
    showTable([
      ['step', 'over greedy'],
      ['sampled: temperature 0.8, top-p 0.95', showSummary(overGreedy.sampled)],
      ['greedy with log-probs', showSummary(overGreedy.logprobs)],
      ['greedy with trace', showSummary(overGreedy.traced)],
      ['greedy, read as a stream', showSummary(overGreedy.streamed)],
    ]),
    '',
    `Time to first token, ${prefixTokens.prompt - prefixTokens.new} of ${prefixTokens.prompt} ` +
      `prompt tokens cached / none: ${showSummary(prefix)}`,
    '',
    showCounts(results),
    '',
    showServing(results),
    '',
    showMemory(results),
  ].join('\n');
}

function showCounts({ counts }: SubjectResults): string {
  return showTable([
    ['counted per generated token', ...generationCounts.map((count) => `${count} at once`)],
    [
      'llama_decode calls, by model',
      ...counts.map(({ decodesPerToken }) =>
        decodesPerToken.map((calls) => calls.toFixed(2)).join(' + '),
      ),
    ],
    [
      'tokens computed, all models',
      ...counts.map(({ forwardsPerToken }) => forwardsPerToken.toFixed(2)),
    ],
    [
      'bytes of logits copied / bytes of a row of each model',
      ...counts.map(({ bytesCopiedPerToken, rowBytes }) =>
        (bytesCopiedPerToken / rowBytes).toFixed(2),
      ),
    ],
  ]);
}

function showServing({ serving }: SubjectResults): string {
  const { generations, throughput, throughputAlone, addedPerTokenMs, addedToFirstMs } = serving;
  return [
    `Served through HTTP and a supervised engine / in this process, tokens per second: ` +
      `${generations} at once ${showSummary(throughput)}, one alone ${showSummary(throughputAlone)}.`,
    `Serving adds ${addedPerTokenMs.toFixed(2)} ms to a token of one answer, ` +
      `${addedToFirstMs.toFixed(1)} ms to its first (medians).`,
  ].join('\n');
}

function showMemory({ memory }: SubjectResults): string {
  if (memory === null) return 'Memory: not measured on this platform.';
  const mebibytes = (bytes: number) => `${showMebibytes(bytes)} MiB`;
  return [
    `Memory: files ${mebibytes(memory.fileBytes)}, KV cache ${mebibytes(memory.kvBytes)}, ` +
      `idle process ${mebibytes(memory.idleBytes)}, peak ${mebibytes(memory.peakBytes)}.`,
    `Peak / (files + cache): ${memory.peakOverModels.toFixed(3)}; ` +
      `without the idle process ${memory.ownPeakOverModels.toFixed(3)}.`,
    `Resident after loading ten times / once: ${memory.tenLoads.toFixed(3)}.`,
  ].join('\n');
}
