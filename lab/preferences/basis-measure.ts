// What a learned basis is worth to users and about answers that it never saw.
import { Matrix, solve } from 'ml-matrix';

import { readAnswerFeatures } from '../../src/engine/index.ts';
import {
  applyBasis,
  standardNormal,
  type Basis,
  type Candidate,
  type Gaussian,
} from '../../src/preference/index.ts';
import { deviation, mean } from '../shared/numbers.ts';
import { attributesOf, type World, type WorldPair } from './basis-world.ts';
import { interview } from './interview.ts';
import { accuracyOf, createRandom, type Lambda } from './users.ts';
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
  const curveOf = (system: System) => {
    const curves = newcomers.map((lambda, user) => accuracies(system, truth, lambda, seed + user));
    return questionCounts.map((_, i) => mean(curves.map((curve) => curve[i]!)));
  };
  const learned = curveOf({
    ...split(candidates(fresh, (_, i) => minus(phi[i]![0]!, phi[i]![1]!))),
    prior: basis.prior,
  });
  const byHeads = curveOf({
    ...split(candidates(fresh, ({ first, second }) => minus(first.heads, second.heads))),
    prior: flat,
  });
  const byRules = curveOf({ ...truth, prior: flat });
  const known = mean(newcomers.map((lambda) => accuracyOf(lambda, lambda, truth.judged)));
  return questionCounts.map((questions, i) => ({
    questions,
    learned: learned[i]!,
    byHeads: byHeads[i]!,
    byRules: byRules[i]!,
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
  const known = interview({
    lambda,
    prior: system.prior,
    pool: system.asked,
    truth: truth.asked,
    answers: questionCounts.at(-1)!,
    random: createRandom(seed),
  });
  return [...known].flatMap(({ mean: estimate }, count) =>
    questionCounts.includes(count)
      ? [accuracyOf(estimate, lambda, system.judged, truth.judged)]
      : [],
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
