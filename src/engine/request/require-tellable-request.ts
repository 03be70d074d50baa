import { coefficientSum } from '../../compose/index.ts';
import { requireTellableSampling } from '../../recipe/index.ts';
import type { ResolvedSampling } from '../../sampling/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import { hasSparseBase, type ResolvedRequest } from './request.ts';

/** What a request asks that reads whole rows. */
export interface WholeRows {
  readonly sampling?: ResolvedSampling;
  readonly allLogprobs?: boolean;
  readonly watches?: boolean;
  readonly limitsShift?: boolean;
  readonly scores?: boolean;
}

/**
 * A base on a server tells its best tokens alone: what needs more is refused.
 * @throws InvalidOptionError that names it, and says why.
 */
export function requireTellableRequest(request: ResolvedRequest, asked: WholeRows): void {
  if (!hasSparseBase(request)) return;
  const { plan } = request;
  const refuse = (option: string, why: string): never => {
    throw new InvalidOptionError(
      option,
      `${option}: ${plan.base} is on a server, which tells its best tokens alone. ${why}`,
    );
  };
  const coefficient = coefficientSum(plan.terms.filter(({ model }) => model === plan.base));
  if (coefficient <= 0) {
    refuse(
      'params',
      `With these params its coefficient is ${coefficient}: what it does not tell is bounded only where it is above 0.`,
    );
  }
  const others = plan.terms.filter(({ model }) => model !== plan.base);
  const sum = coefficientSum(others);
  const lacking = others.find(({ model }) => (plan.alignments.get(model)?.lacking.length ?? 0) > 0);
  if (lacking !== undefined && Math.abs(sum) > 1e-9) {
    refuse(
      'params',
      `${lacking.model} lacks some of its tokens, and the other models' coefficients add up to ${sum}, not 0: ` +
        'what those tokens get would depend on what is not told.',
    );
  }
  if (plan.schedule !== null) refuse('schedules', 'A schedule reads its whole row.');
  if (asked.limitsShift === true) refuse('klBudget', 'A budget compares whole distributions.');
  if (asked.allLogprobs === true) refuse('allLogprobs', 'Ask for topLogprobs.');
  if (asked.watches === true) refuse('onToken', 'It would be shown whole rows.');
  if (asked.scores === true) {
    refuse(
      'score',
      'The log-prob of a given token depends on what is not told. Score with a local model: `only`.',
    );
  }
  if (asked.sampling !== undefined) requireTellableSampling(plan.base, asked.sampling);
}
