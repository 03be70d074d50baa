import {
  ContractError,
  ModelLoadError,
  type LanguageModel,
  type Logits,
  type Row,
} from '../../spec/index.ts';

type CapableModel = Pick<LanguageModel, 'name' | 'capabilities'>;

/**
 * Of a model of a formula.
 * @param isBase - Of what the base does not tell, bounds are known; of another model nothing is.
 * @throws ModelLoadError if the engine cannot compose what it gives.
 */
export function requireRows({ name, capabilities }: CapableModel, isBase: boolean): void {
  const { rows, rowsPerCall } = capabilities;
  if ((rows === 'dense' || isBase) && rowsPerCall >= 1) return;
  throw new ModelLoadError(
    `${name} tells the log-probs of its best tokens alone (sparse rows), which only a base may: take ` +
      'a model that gives logits of the whole vocabulary.',
  );
}

/** Of a scalar reward model. @throws ModelLoadError if it cannot score candidates. */
export function requireCandidates(model: CapableModel): void {
  requireRows(model, false);
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

/** Whether a model is asked on another machine, a call for each of its sequences. */
export function isElsewhere({ capabilities }: Pick<CapableModel, 'capabilities'>): boolean {
  return capabilities.isElsewhere === true;
}

/** A row of a model that was loaded for what it says it gives. @throws ContractError if it is of another kind. */
export function requireKind(row: Row, { name, capabilities }: CapableModel): Row {
  const kind = row instanceof Float32Array ? 'dense' : 'sparse';
  if (kind === capabilities.rows) return row;
  throw new ContractError(
    `${name} says that its rows are ${capabilities.rows}, and gave a ${kind} one.`,
  );
}

/** Logits of a model whose rows are dense. @throws ContractError if one is not. */
export function denseRow(row: Row, model: string): Logits {
  if (row instanceof Float32Array) return row;
  throw new ContractError(`${model} says that its rows are dense, and gave a sparse one.`);
}
