import { InvalidOptionError } from '../spec/index.ts';
import { add, divide, negate, param, subtract, type CoefficientExpression } from './coefficient.ts';
import { logp, model, scale, sum, type Formula } from './formula.ts';
import type { Plausibility } from './plausibility.ts';

/**
 * A named method: the part of a recipe that says how models are joined. Spread it into a recipe given
 * in code: `{ models, base: 'large', ...proxyTuning({ base: 'large', expert, antiExpert }) }`.
 */
export interface Method {
  readonly formula: Formula;
  /** The method's strengths, which requests may change; what a constructor was given is the default. */
  readonly params: Readonly<Record<string, MethodParam>>;
  /** Present where a plausibility mask is part of the method. */
  readonly plausibility?: Plausibility;
}

export interface MethodParam {
  readonly default: number;
  readonly min?: number;
  readonly max?: number;
  readonly description: string;
}

export interface ProxyTuningOptions {
  readonly base: string;
  /** The small tuned model. */
  readonly expert: string;
  /** The same small model before it was tuned. */
  readonly antiExpert: string;
  readonly alpha?: number;
}

/**
 * `s_base + alpha (s_expert − s_antiExpert)`; `alpha = 0` is the base, bit for bit.
 * @see Liu et al. 2024, "Tuning Language Models by Proxy", arXiv:2401.08565
 */
export function proxyTuning({ base, expert, antiExpert, alpha = 1 }: ProxyTuningOptions): Method {
  return {
    formula: sum(model(base), scale(param('alpha'), difference(model, expert, antiExpert))),
    params: { alpha: { default: alpha, min: 0, description: 'Strength; 0 is the base alone.' } },
  };
}

/**
 * Proxy-tuning at `alpha = 2` over the tokens that hold the first `topP` of the base's mass.
 * @see Liu et al. 2021, "DExperts: Decoding-Time Controlled Text Generation with Experts and
 *   Anti-Experts", arXiv:2105.03023
 */
export function dExperts(options: ProxyTuningOptions & { readonly topP?: number }): Method {
  const { alpha = 2, topP = 0.9, base } = options;
  return { ...proxyTuning({ ...options, alpha }), plausibility: { topP, models: [base] } };
}

/** Of both forms of contrastive decoding. */
export interface ContrastiveOptions {
  readonly expert: string;
  /** A weaker model of the same family. */
  readonly amateur: string;
  /** Least share of the expert's highest probability that a token needs: the papers' alpha. */
  readonly minP?: number;
}

/**
 * `log p_expert − log p_amateur`, the amateur at a temperature of its own, on tokens with
 * `p_expert >= minP max p_expert`. As `ℓ_expert − s_amateur / amateurTemperature`: the amateur's
 * normaliser is the same for every token, so the distribution is the same. The paper searches it with
 * five beams; here it is decoded greedily or sampled.
 * @see Li et al. 2022, "Contrastive Decoding: Open-ended Text Generation as Optimization",
 *   arXiv:2210.15097
 */
export function contrastiveDecoding({
  expert,
  amateur,
  amateurTemperature = 1,
  minP = 0.1,
}: ContrastiveOptions & {
  /** 0.5 for GPT-2 and 1 for OPT in the paper. */
  readonly amateurTemperature?: number;
}): Method {
  const coefficient = negate(divide(1, param('amateurTemperature')));
  return {
    formula: sum(logp(expert), scale(coefficient, model(amateur))),
    params: {
      amateurTemperature: {
        default: amateurTemperature,
        min: 0,
        description: "Above 0; below 1 the amateur's likeliest tokens lose more.",
      },
    },
    plausibility: { minP, models: [expert] },
  };
}

/**
 * `(1 + beta) s_expert − beta s_amateur`, on tokens with `p_expert >= minP max p_expert`: contrastive
 * decoding over logits, with a strength.
 * @see O'Brien & Lewis 2023, "Contrastive Decoding Improves Reasoning in Large Language Models",
 *   arXiv:2309.09117
 */
export function contrastiveReasoning({
  expert,
  amateur,
  beta = 0.5,
  minP = 0.1,
}: ContrastiveOptions & { readonly beta?: number }): Method {
  return {
    formula: extrapolate(model, expert, amateur, param('beta')),
    params: { beta: { default: beta, min: 0, description: 'Strength; 0 is the expert alone.' } },
    plausibility: { minP, models: [expert] },
  };
}

/**
 * `gamma ℓ(x | prompt) + (1 − gamma) ℓ(x | negative prompt)`: one model under two prompt views;
 * `gamma = 1` is off.
 * @see Sanchez et al. 2023, "Stay on topic with Classifier-Free Guidance", arXiv:2306.17806
 */
export function classifierFreeGuidance({
  prompted,
  negative,
  gamma = 1.5,
}: {
  readonly prompted: string;
  /** The same file without the prompt, or with one to move away from. */
  readonly negative: string;
  readonly gamma?: number;
}): Method {
  return {
    formula: interpolate(logp, prompted, negative, param('gamma')),
    params: { gamma: { default: gamma, min: 0, description: 'Guidance; 1 is off.' } },
  };
}

/**
 * `(1 + alpha) s(x | context, query) − alpha s(x | query)`: one model under two prompt views.
 * @see Shi et al. 2023, "Trusting Your Evidence: Hallucinate Less with Context-aware Decoding",
 *   arXiv:2305.14739
 */
export function contextAwareDecoding({
  withContext,
  withoutContext,
  alpha = 0.5,
}: {
  readonly withContext: string;
  readonly withoutContext: string;
  readonly alpha?: number;
}): Method {
  return {
    formula: extrapolate(model, withContext, withoutContext, param('alpha')),
    params: { alpha: { default: alpha, min: 0, description: 'Trust in the context; 0 is off.' } },
  };
}

/**
 * EFT up-scaling: `ℓ_largeReference + beta (ℓ_smallTuned − ℓ_smallReference)`. With `topP`, only tokens
 * that hold the first `topP` of the large reference's mass may be chosen: a nucleus filter against
 * shifts of tokens that the large model hardly knows, in the spirit of the paper's conservative decoding.
 * @see Mitchell et al. 2023, "An Emulator for Fine-Tuning Large Language Models using Small Language
 *   Models", arXiv:2310.12962
 */
export function emulatedFineTuning({
  largeReference,
  smallTuned,
  smallReference,
  beta = 1,
  topP,
}: {
  readonly largeReference: string;
  readonly smallTuned: string;
  readonly smallReference: string;
  readonly beta?: number;
  /** 0 to 1; no filter where it is not given. */
  readonly topP?: number;
}): Method {
  const tuning = difference(logp, smallTuned, smallReference);
  return {
    formula: sum(logp(largeReference), scale(param('beta'), tuning)),
    params: {
      beta: { default: beta, min: 0, description: 'Strength; 0 is the large model alone.' },
    },
    ...(topP !== undefined && { plausibility: { topP, models: [largeReference] } }),
  };
}

/**
 * DeRa: `lambda s_aligned + (1 − lambda) s_sft`; `lambda` above 1 aligns more than training did.
 * @see Liu et al. 2024, "Decoding-time Realignment of Language Models", arXiv:2402.02992
 */
export function decodingTimeRealignment({
  aligned,
  sft,
  lambda = 1,
}: {
  readonly aligned: string;
  readonly sft: string;
  readonly lambda?: number;
}): Method {
  return {
    formula: interpolate(model, aligned, sft, param('lambda')),
    params: {
      lambda: { default: lambda, min: 0, description: 'Alignment: 0 is sft, 1 is aligned.' },
    },
  };
}

/**
 * MOD: `Σ w_i ℓ_i` with `Σ w = 1`. The param `weight_NAME` sets the weight of every model but the
 * first, whose weight is what is left of 1, so that requests cannot break the sum. This is the paper's
 * rule for models that were tuned under a reverse KL divergence, as RLHF and DPO do; its rules for other
 * f-divergences (forward KL, Jensen-Shannon, alpha) are not linear in log-probs, and are not offered.
 * @throws InvalidOptionError if the weights do not sum to 1.
 * @see Shi et al. 2024, "Decoding-Time Language Model Alignment with Multiple Objectives",
 *   arXiv:2406.18853
 */
export function multiObjectiveDecoding({
  weights,
}: {
  /** By model. */
  readonly weights: Readonly<Record<string, number>>;
}): Method {
  const entries = Object.entries(weights);
  const total = entries.reduce((all, [, weight]) => all + weight, 0);
  if (!(Math.abs(total - 1) < 1e-6) || entries.some(([, weight]) => weight < 0)) {
    throw new InvalidOptionError(
      'weights',
      `The weights must be at least 0 and sum to 1; they sum to ${total}.`,
    );
  }
  const [first, ...rest] = entries as [[string, number], ...[string, number][]];
  const firstWeight = rest.reduce<CoefficientExpression | number>(
    (left, [name]) => subtract(left, weightOf(name)),
    1,
  );
  return {
    formula: sum(
      scale(firstWeight, logp(first[0])),
      ...rest.map(([name]) => scale(weightOf(name), logp(name))),
    ),
    params: Object.fromEntries(
      rest.map(([name, weight]) => [
        `weight_${name}`,
        { default: weight, min: 0, max: 1, description: `Weight of ${name}.` },
      ]),
    ),
  };
}

/**
 * `ℓ_base + (1/beta) ℓ_reward`, the reward being an autoregressive model: one forward scores all
 * tokens.
 * @see Xu et al. 2024, "GenARM: Reward Guided Generation with Autoregressive Reward Model for
 *   Test-time Alignment", arXiv:2410.08193
 */
export function genARM({
  base,
  reward,
  beta = 1,
}: {
  readonly base: string;
  readonly reward: string;
  readonly beta?: number;
}): Method {
  return {
    formula: sum(logp(base), scale(divide(1, param('beta')), logp(reward))),
    params: { beta: { default: beta, min: 0, description: 'Nearness to the base; above 0.' } },
  };
}

/**
 * ThinkLogit: {@link proxyTuning} with a small reasoning model as the expert.
 * @see Zhang et al. 2025, "Logit Arithmetic Elicits Long Reasoning Capabilities Without Training",
 *   arXiv:2510.09354
 */
export function thinkLogit(options: {
  /** The large model that does not reason at length. */
  readonly base: string;
  /** The small model that does. */
  readonly reasoner: string;
  /** The small model that it was trained from. */
  readonly reasonerBase: string;
  readonly alpha?: number;
}): Method {
  const { base, reasoner, reasonerBase, alpha = 1 } = options;
  return proxyTuning({ base, expert: reasoner, antiExpert: reasonerBase, alpha });
}

/**
 * `s_base + (1/beta) Σ p_i (s_i − s_neutral)`: one small model under an attribute's system prompt
 * each, and under a neutral one. The param `weight_NAME` sets `p_i`.
 * @see Kim et al. 2025, "Drift: Decoding-time Personalized Alignments with Implicit User
 *   Preferences", arXiv:2502.14289
 */
export function drift({
  base,
  attributes,
  neutral,
  beta = 1,
}: {
  readonly base: string;
  /** Weights by model; negative ones move away. */
  readonly attributes: Readonly<Record<string, number>>;
  readonly neutral: string;
  readonly beta?: number;
}): Method {
  const entries = Object.entries(attributes);
  const pull = sum(
    ...entries.map(([name]) => scale(weightOf(name), difference(model, name, neutral))),
  );
  return {
    formula: sum(model(base), scale(divide(1, param('beta')), pull)),
    params: {
      beta: { default: beta, min: 0, description: 'Nearness to the base; above 0.' },
      ...Object.fromEntries(
        entries.map(([name, weight]) => [
          `weight_${name}`,
          { default: weight, description: `How much ${name} is liked.` },
        ]),
      ),
    },
  };
}

type Space = (name: string) => Formula;

/** `a − b`. */
function difference(of: Space, a: string, b: string): Formula {
  return sum(of(a), scale(-1, of(b)));
}

/** `(1 + t) a − t b`. */
function extrapolate(of: Space, a: string, b: string, t: CoefficientExpression): Formula {
  return sum(scale(add(1, t), of(a)), scale(negate(t), of(b)));
}

/** `t a + (1 − t) b`. */
function interpolate(of: Space, a: string, b: string, t: CoefficientExpression): Formula {
  return sum(scale(t, of(a)), scale(subtract(1, t), of(b)));
}

function weightOf(name: string): CoefficientExpression {
  return param(`weight_${name}`);
}
