import { requireTellableSampling } from '../../recipe/index.ts';
import type { ResolvedSampling } from '../../sampling/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import type { ResolvedRequest } from './request.ts';

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
export function requireTellableRequest({ plan, models }: ResolvedRequest, asked: WholeRows): void {
  const base = models.find(({ name }) => name === plan.base);
  if (base?.model.weights.capabilities.rows !== 'sparse') return;
  const refuse = (option: string, why: string): never => {
    throw new InvalidOptionError(
      option,
      `${option}: ${plan.base} is on a server, which tells its best tokens alone. ${why}`,
    );
  };
  const own = plan.terms.filter(({ model }) => model === plan.base);
  const coefficient = own.reduce((sum, term) => sum + term.coefficient, 0);
  if (coefficient <= 0) {
    refuse(
      'params',
      `With these params its coefficient is ${coefficient}: what it does not tell is bounded only where it is above 0.`,
    );
  }
  const others = plan.terms.filter(({ model }) => model !== plan.base);
  const sum = others.reduce((total, term) => total + term.coefficient, 0);
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
