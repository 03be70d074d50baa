import type { ResolvedSampling } from '../../sampling/index.ts';
import { InvalidOptionError, type GenerateOptions, type Guidance } from '../../spec/index.ts';

/** Alternatives listed in a trace unless `topLogprobs` says how many. */
const traceAlternatives = 5;

/** Alternatives one can ask for: they are sorted at every token. */
const maxTopLogprobs = 1000;

const known: readonly string[] = [
  'temperature',
  'topK',
  'topP',
  'minP',
  'typicalP',
  'repetitionPenalty',
  'presencePenalty',
  'frequencyPenalty',
  'logitBias',
  'seed',
  'params',
  'only',
  'rewards',
  'guidance',
  'reportRewards',
  'klBudget',
  'constraint',
  'maxTokens',
  'minTokens',
  'stop',
  'logprobs',
  'topLogprobs',
  'trace',
  'owner',
  'request',
  'priority',
  'signal',
] satisfies (keyof GenerateOptions)[];

/** What a request asks to be told about each token. */
export interface ReportOptions {
  readonly logprobs: boolean;
  readonly topLogprobs: number;
  readonly trace: boolean;
}

/** An option nobody honours is refused, not ignored. @throws InvalidOptionError */
export function checkOptionNames(options: object, extra: readonly string[] = []): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name) || extra.includes(name)) continue;
    throw new InvalidOptionError(
      name,
      `There is no option ${JSON.stringify(name)}. There are ${known.join(', ')}.`,
    );
  }
}

export function resolveReport(options: GenerateOptions): ReportOptions {
  const trace = options.trace === true;
  const topLogprobs = options.topLogprobs ?? (trace ? traceAlternatives : 0);
  requireInteger('topLogprobs', topLogprobs, 0, maxTopLogprobs);
  return { trace, topLogprobs, logprobs: trace || topLogprobs > 0 || options.logprobs === true };
}

export function resolveMaxTokens(maxTokens: number | undefined, contextLength: number): number {
  if (maxTokens === undefined) return contextLength;
  requireInteger('maxTokens', maxTokens, 1, Number.MAX_SAFE_INTEGER);
  return maxTokens;
}

/** @throws InvalidOptionError for more than the answer may have. */
export function resolveMinTokens(minTokens: number | undefined, maxTokens: number): number {
  if (minTokens === undefined) return 0;
  requireInteger('minTokens', minTokens, 0, maxTokens);
  return minTokens;
}

function requireInteger(option: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new InvalidOptionError(
    option,
    `${option} is ${value}; it must be an integer from ${min} to ${max}.`,
  );
}

/** @throws InvalidOptionError for guidance that compares samples where there is only one. */
export function requireSampling({ method }: Guidance, { temperature }: ResolvedSampling): void {
  if (temperature > 0) return;
  throw new InvalidOptionError(
    'temperature',
    `temperature is 0, and guidance by ${method} chooses among samples, which would all be the same: ` +
      'raise it, or use guidance by args.',
  );
}
