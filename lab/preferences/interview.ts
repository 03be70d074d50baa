import {
  createPosterior,
  nextQuestion,
  updatePosterior,
  type Candidate,
  type Criterion,
  type Gaussian,
} from '../../src/preference/index.ts';
import { answerOf, type Lambda, type Random } from './users.ts';

export interface Interviewing {
  readonly lambda: Lambda;
  readonly prior: Gaussian;
  /** Pairs to ask about, as the asker sees them. */
  readonly pool: readonly Candidate[];
  /** The same pairs as the user sees them. */
  readonly truth?: readonly Candidate[];
  /** Answers at most. */
  readonly answers: number;
  readonly random: Random;
  readonly criterion?: Criterion;
  /** Of questions drawn at random. */
  readonly seed?: number;
}

/** What is known of a user after 0, 1, … answers, and the nats that the next question would teach. */
export function* interview({
  lambda,
  prior,
  pool,
  truth = pool,
  answers,
  random,
  ...choice
}: Interviewing): Generator<Gaussian & { readonly gain: number }> {
  const asked = new Set<string>();
  const limits = { minQuestions: 0, maxQuestions: answers + 1, minGain: 0 };
  let posterior = createPosterior({ prior });
  for (let count = 0; count <= answers; count++) {
    const next = nextQuestion(posterior, pool, { asked, ...choice, ...limits });
    if (next.kind === 'stop') throw new Error(`A pool of ${pool.length} pairs is too small.`);
    yield { ...posterior, gain: next.gain };
    asked.add(next.pair.id);
    const { difference } = next.pair;
    const answer = answerOf(lambda, truth[pool.indexOf(next.pair)]!, random);
    posterior = updatePosterior(posterior, [{ difference, answer, at: 0 }], 0);
  }
}
