import path from 'node:path';

import {
  natsPerByte,
  questionIn,
  showPValue,
  showRange,
  showValue,
} from '../../evaluation/index.ts';
import type { MadePair, SampleAnswers } from '../../pairs/index.ts';
import { escapeLine } from './escape.ts';
import type { Palette } from './palette.ts';
import { renderTable, rightAligned } from './table.ts';

/** What was made, what it is worth, and what to do with it. */
export function renderPair(made: MadePair, palette: Palette): string[] {
  const { bold, dim, good, warn } = palette;
  const { verdict, folder } = made;
  const here = path.relative('.', folder.path) || '.';
  const at = (file: string): string =>
    escapeLine(path.join(here, path.relative(folder.path, file)));
  return [
    ...dataLines(made).map(dim),
    ...tuningLines(made),
    '',
    ...worthTable(made, palette),
    '',
    ...made.samples.flatMap((sample) => [...sampleLines(sample, palette), '']),
    `${bold('verdict')}: ${(verdict.isWorthIt ? good : warn)(escapeLine(verdict.text))}`,
    '',
    dim(
      `${at(folder.recipe)}: the recipe, with alpha at ${made.alpha}; try \`trimtab run ${at(folder.recipe)} "…"\``,
    ),
    dim(`${at(folder.adapter)}: the adapter; ${at(made.reports[0]!)}: all that was measured`),
  ];
}

function dataLines({ conversations }: MadePair): string[] {
  const { training, development, test, repeated, tooLong, skipped } = conversations;
  const left = [
    ...(repeated > 0 ? [`${repeated} said twice`] : []),
    ...(tooLong > 0 ? [`${tooLong} too long`] : []),
    ...(skipped.length > 0 ? [`${skipped.length} not readable`] : []),
  ];
  return [
    `learned from ${training} conversations, chosen by ${development}, judged by ${test}` +
      (left.length === 0 ? '' : `; left out: ${left.join(', ')}`),
    ...skipped.map((line) => `  ${escapeLine(line)}`),
  ];
}

function tuningLines({ tuned, checked, alpha }: MadePair): string[] {
  const { epoch, untuned, development } = tuned;
  const best =
    development >= untuned ? 'no epoch was better than none' : `best after epoch ${epoch}`;
  return [
    `held-out loss ${untuned.toFixed(3)} -> ${development.toFixed(3)} nats a token, ${best}; ` +
      `${checked.toFixed(3)} in llama.cpp; alpha ${alpha}`,
  ];
}

/** Each system's likelihood of the right answers, and how the pair compares with it. */
function worthTable({ summary, verdict }: MadePair, { dim, good, bad }: Palette): string[] {
  const [test] = summary.tasks;
  const likelihood = test!.metrics.find(({ metric }) => metric === natsPerByte)!;
  const others = summary.tasks.flatMap(({ metrics }) =>
    metrics.filter(({ metric }) => metric !== natsPerByte),
  );
  const style = { better: good, worse: bad, unclear: dim };
  return renderTable(
    [
      { title: 'system' },
      rightAligned(natsPerByte),
      { title: '95 %' },
      ...others.map(({ metric }) => rightAligned(metric)),
      { title: 'the pair is' },
      rightAligned('p'),
    ],
    likelihood.systems.map(({ system, value }) => {
      const compared = verdict.comparisons.find(({ over }) => over === system);
      return [
        escapeLine(system),
        showValue(value.estimate),
        showRange(value),
        ...others.map(({ systems }) =>
          showValue(systems.find((other) => other.system === system)!.value.estimate),
        ),
        compared === undefined ? '' : style[compared.outcome](compared.outcome),
        compared === undefined ? '' : showPValue(compared.pValue),
      ];
    }),
    dim,
  );
}

const mostCharacters = 200;

function sampleLines({ prompt, answers }: SampleAnswers, { bold, dim }: Palette): string[] {
  const last = typeof prompt === 'object' && 'messages' in prompt ? prompt.messages.at(-1) : null;
  const question = questionIn(prompt) ?? last?.content ?? '';
  return [
    bold(short(question)),
    ...Object.entries(answers).map(
      ([system, text]) => `  ${dim(`${escapeLine(system)}:`)} ${short(text)}`,
    ),
  ];
}

function short(text: string): string {
  const line = text.trim();
  return escapeLine(line.length > mostCharacters ? `${line.slice(0, mostCharacters)}…` : line);
}
