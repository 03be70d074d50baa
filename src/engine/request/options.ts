import { requireNumber } from '../../options/index.ts';
import type { ResolvedSampling } from '../../sampling/index.ts';
import {
  InvalidOptionError,
  requestOptions,
  type GenerateOptions,
  type Guidance,
} from '../../spec/index.ts';

/** Alternatives listed in a trace unless `topLogprobs` says how many. */
const traceAlternatives = 5;

/** What a request asks to be told about each token. */
export interface ReportOptions {
  readonly logprobs: boolean;
  readonly topLogprobs: number;
  readonly allLogprobs: boolean;
  readonly trace: boolean;
}

export function resolveReport(options: GenerateOptions): ReportOptions {
  const trace = options.trace === true;
  const topLogprobs =
    options.topLogprobs ?? (trace ? traceAlternatives : requestOptions.topLogprobs.default);
  const allLogprobs = options.allLogprobs === true;
  const logprobs = trace || topLogprobs > 0 || allLogprobs || options.logprobs === true;
  return { trace, topLogprobs, allLogprobs, logprobs };
}

/** @throws InvalidOptionError for more than the answer may have. */
export function resolveMinTokens(minTokens: number | undefined, maxTokens: number): number {
  return requireNumber('minTokens', minTokens ?? requestOptions.minTokens.default, {
    ...requestOptions.minTokens.kind.range,
    to: maxTokens,
  });
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
