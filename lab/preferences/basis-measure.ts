// What a learned basis is worth to users and about answers that it never saw.
import { Matrix, solve } from 'ml-matrix';

import { readAnswerFeatures } from '../../src/engine/index.ts';
import {
  applyBasis,
  createPosterior,
  nextQuestion,
  standardNormal,
  updatePosterior,
  type Basis,
  type Candidate,
  type Gaussian,
} from '../../src/preference/index.ts';
import { deviation, mean } from '../shared/numbers.ts';
import { attributesOf, type World, type WorldPair } from './basis-world.ts';
import { accuracyOf, answerOf, createRandom, marginOf, type Lambda } from './users.ts';
import { heads } from '../rewards/recipe.ts';

const questionCounts = [0, 5, 10, 20];

/** Shares of decided answers that are foretold. */
interface Recovery {
  readonly questions: number;
  readonly learned: number;
  /** With the values of the reward model's four heads for φ. */
  readonly byHeads: number;
  /** With the attributes themselves. */
  readonly byRules: number;
  /** Knowing λ, too. */
  readonly known: number;
}

export interface BasisMeasures {
  /** Of each attribute, explained by φ over fresh answers. */
  readonly determination: Readonly<Record<string, number>>;
  /** Of each dimension with each attribute, shape `[dimension][attributes]`, over fresh answers. */
  readonly correlations: readonly (readonly number[])[];
  /** Of decided answers about training pairs, those foretold by who knows λ and the attributes. */
  readonly heldOutOracle: number;
  readonly recovery: readonly Recovery[];
}

export async function measureBasis(
  basis: Basis,
  modelFile: string,
  world: World,
  seed: number,
): Promise<BasisMeasures> {
  const { fresh } = world;
  const states = await readAnswerFeatures(
    modelFile,
    fresh.map(({ prompt, first, second }) => ({ prompt, answers: [first.text, second.text] })),
  );
  const phi = states.map((pair) => pair.map((state) => applyBasis(basis, state)));
  const answers = fresh.flatMap(({ first, second }) => [first, second]);
  const determination = heads.map((name, k) => [
    name,
    determinationOf(
      phi.flat(),
      answers.map(({ attributes }) => attributes[k]!),
    ),
  ]);
  const lambda = world.lambdas.map((own) =>
    accuracyOf(own, own, candidates(world.training, attributesOf)),
  );
  return {
    determination: Object.fromEntries(determination) as Record<string, number>,
    correlations: basis.names.map((_, d) =>
      heads.map((__, k) =>
        correlationOf(
          phi.flat().map((row) => row[d]!),
          answers.map(({ attributes }) => attributes[k]!),
        ),
      ),
    ),
    heldOutOracle: mean(lambda),
    recovery: recoveries(basis, phi, world, seed),
  };
}

/** Share of the variance of `targets` that a linear function of `rows` explains. */
function determinationOf(rows: readonly (readonly number[])[], targets: readonly number[]): number {
  const design = new Matrix(rows.map((row) => [1, ...row]));
  const wanted = Matrix.columnVector([...targets]);
  const fitted = design.mmul(solve(design, wanted, true));
  const rest = Matrix.sub(wanted, fitted).to1DArray();
  const middle = mean(targets);
  const squares = (values: readonly number[]) => values.reduce((sum, value) => sum + value ** 2, 0);
  return 1 - squares(rest) / squares(targets.map((value) => value - middle));
}

function correlationOf(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const covariance = mean(a.map((value, i) => (value - meanA) * (b[i]! - meanB)));
  return covariance / (deviation(a) * deviation(b));
}

/** The same users asked about the first half of the fresh pairs, foretold about the second half. */
function recoveries(
  basis: Basis,
  phi: readonly (readonly (readonly number[])[])[],
  { fresh, newcomers }: World,
  seed: number,
): Recovery[] {
  const half = Math.floor(fresh.length / 2);
  const split = (all: readonly Candidate[]) => ({
    asked: all.slice(0, half),
    judged: all.slice(half),
  });
  const truth = split(candidates(fresh, attributesOf));
  const flat = standardNormal(heads.length);
  const systems = {
    learned: {
      ...split(candidates(fresh, (_, i) => minus(phi[i]![0]!, phi[i]![1]!))),
      prior: basis.prior,
    },
    byHeads: {
      ...split(candidates(fresh, ({ first, second }) => minus(first.heads, second.heads))),
      prior: flat,
    },
    byRules: { ...truth, prior: flat },
  };
  const curveOf = (system: System) =>
    newcomers.map((lambda, user) => accuracies(system, truth, lambda, seed + user));
  const curves = {
    learned: curveOf(systems.learned),
    byHeads: curveOf(systems.byHeads),
    byRules: curveOf(systems.byRules),
  };
  const known = mean(newcomers.map((lambda) => accuracyOf(lambda, lambda, truth.judged)));
  return questionCounts.map((questions, i) => ({
    questions,
    learned: mean(curves.learned.map((curve) => curve[i]!)),
    byHeads: mean(curves.byHeads.map((curve) => curve[i]!)),
    byRules: mean(curves.byRules.map((curve) => curve[i]!)),
    known,
  }));
}

interface Split {
  readonly asked: readonly Candidate[];
  readonly judged: readonly Candidate[];
}

interface System extends Split {
  readonly prior: Gaussian;
}

/** Accuracy about the judged pairs after each of {@link questionCounts}. */
function accuracies(system: System, truth: Split, lambda: Lambda, seed: number): number[] {
  const random = createRandom(seed);
  const asked = new Set<string>();
  let posterior = createPosterior({ prior: system.prior });
  const curve: number[] = [];
  for (let count = 0; ; count++) {
    if (questionCounts.includes(count))
      curve.push(shareForetold(posterior.mean, system, truth, lambda));
    if (count === questionCounts.at(-1)) return curve;
    const next = nextQuestion(posterior, system.asked, { asked, minGain: 0 });
    if (next.kind !== 'ask') throw new Error(`Only ${count} questions could be asked.`);
    asked.add(next.pair.id);
    const answer = answerOf(lambda, truth.asked[Number(next.pair.id)]!, random);
    posterior = updatePosterior(
      posterior,
      [{ difference: next.pair.difference, answer, at: 0 }],
      0,
    );
  }
}

/** In expectation over the user's decided answers, as they follow from the true attributes. */
function shareForetold(estimate: Lambda, { judged }: Split, truth: Split, lambda: Lambda): number {
  return mean(
    judged.map((pair, i) => {
      const guess = Math.sign(marginOf(estimate, pair));
      return guess === 0 ? 0.5 : 1 / (1 + Math.exp(-guess * marginOf(lambda, truth.judged[i]!)));
    }),
  );
}

function candidates(
  pairs: readonly WorldPair[],
  differenceOf: (pair: WorldPair, index: number) => number[],
): Candidate[] {
  return pairs.map((pair, i) => ({ id: String(i), difference: differenceOf(pair, i) }));
}

function minus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, k) => value - b[k]!);
}
