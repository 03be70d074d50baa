import {
  ContractError,
  ModelLoadError,
  type LanguageModel,
  type Logits,
  type Row,
} from '../../spec/index.ts';

type CapableModel = Pick<LanguageModel, 'name' | 'capabilities'>;

/** Of a model of a formula. @throws ModelLoadError if the engine cannot compose what it gives. */
export function requireRows({ name, capabilities }: CapableModel): void {
  if (capabilities.rows === 'dense' && capabilities.rowsPerCall >= 1) return;
  throw new ModelLoadError(
    `${name} tells the log-probs of its best tokens alone (sparse rows), which cannot be composed yet: take ` +
      'a model that gives logits of the whole vocabulary.',
  );
}

/** Of a scalar reward model. @throws ModelLoadError if it cannot score candidates. */
export function requireCandidates(model: CapableModel): void {
  requireRows(model);
  const { name, capabilities } = model;
  const { forks, hiddenStates } = capabilities;
  if (forks && hiddenStates) return;
  throw new ModelLoadError(
    `${name} cannot be a scalar reward model: it ${hiddenStates ? 'cannot fork a sequence' : 'gives no hidden states'}.`,
  );
}

/** What is not as `engine.batchInvariant` asks, in sentences. */
export function inexactModels(models: Iterable<CapableModel & Pick<LanguageModel, 'kernels'>>) {
  return [...new Set(models)]
    .filter(({ capabilities }) => !capabilities.exact)
    .map(
      ({ name, kernels = 'a given loader' }) =>
        `engine.batchInvariant does not hold for ${name} (${kernels}): bits depend on what is computed ` +
        'beside. Plain weights on the CPU give the same (gpuLayers: 0, no engine.repack).',
    );
}

/** Logits of a model that was loaded, whose rows are therefore dense. @throws ContractError if one is not. */
export function denseRow(row: Row, model: string): Logits {
  if (row instanceof Float32Array) return row;
  throw new ContractError(`${model} says that its rows are dense, and gave a sparse one.`);
}
