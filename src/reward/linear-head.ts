import { ContractError, InvalidOptionError } from '../spec/index.ts';

/** Turns a model's hidden state into a reward. */
export interface RewardHead {
  readonly name: string;
  /** Width of the hidden states that it reads. */
  readonly embeddingLength: number;
  /** @param hiddenState - After the last norm, shape `[embeddingLength]`. */
  value(hiddenState: Float32Array): number;
}

export interface LinearHeadOptions {
  readonly name: string;
  /** Shape `[embeddingLength]`, finite. */
  readonly weight: Float32Array;
  readonly bias: number;
}

/**
 * `weight · hiddenState + bias`, summed in float64.
 * @throws InvalidOptionError for numbers that are not finite.
 */
export function createLinearHead({ name, weight, bias }: LinearHeadOptions): RewardHead {
  const embeddingLength = weight.length;
  if (!Number.isFinite(bias) || !weight.every(Number.isFinite)) {
    throw new InvalidOptionError(
      'weight',
      `The head "${name}" has weights or a bias that are not finite: it cannot be used.`,
    );
  }
  return {
    name,
    embeddingLength,
    value(hiddenState) {
      if (hiddenState.length !== embeddingLength) {
        throw new ContractError(
          `The head "${name}" reads hidden states of ${embeddingLength} numbers, not ${hiddenState.length}.`,
        );
      }
      let sum = bias;
      for (let i = 0; i < embeddingLength; i++) sum += weight[i]! * hiddenState[i]!;
      return sum;
    },
  };
}
