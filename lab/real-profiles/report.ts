import type { Recipe } from '../../src/index.ts';
import { showInterviews, showLearned, showSystems } from '../profiles/report.ts';
import { showMachine } from '../shared/measure.ts';
import { tableOf } from '../shared/table.ts';
import { checks, type RealEvidence } from './evidence.ts';

export function showRealProfiles({ rewards }: Recipe, evidence: RealEvidence): string {
  const scales = [...rewards].map(([name, { normalization, source }]) => {
    const { mean, deviation } = normalization!;
    const tokens = source.kind === 'attribute' ? source.answerTokens! : 1;
    const strength = (1 / (tokens * deviation)).toFixed(2);
    return `${name} ${mean.toFixed(3)} ± ${deviation.toFixed(3)} (a weight of 1 is ${strength} of asking)`;
  });
  return [
    showMachine(),
    `Attributes of its own answers, nats a token: ${scales.join(', ')}.`,
    showInterviews(evidence.interviews),
    '### Profiles, by the number of answers given\n',
    showLearned(evidence.learned),
    '\n### All ways\n',
    showSystems(evidence.systems),
    '\n### What can be counted\n',
    tableOf(evidence.checks, {
      way: ({ way }) => way,
      attribute: ({ attribute }) => attribute,
      counted: ({ attribute }) => checks[attribute][0],
      'users who want less': ({ less }) => showMean(less),
      'users who want more': ({ more }) => showMean(more),
    }),
  ].join('\n');
}

/** Nothing where nobody is meant. */
function showMean(value: number): string {
  return Number.isNaN(value) ? '' : value.toFixed(1);
}
