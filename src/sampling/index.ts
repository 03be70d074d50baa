export { mostNeeded, unknownAmongBest, type BoundedChoice } from './bounded-choice.ts';
export {
  keepProbability,
  recoveredProbabilities,
  type DraftedToken,
  type TokenProbabilities,
} from './coupling.ts';
export { differingTemperature } from './answers-that-differ.ts';
export {
  type LogitBias,
  type ResolvedSampling,
  resolveSampling,
  samplingDefaults,
} from './options.ts';
export { createSampler, type DrawNoise, type Sampler, type SamplerOptions } from './sampler.ts';
