import { describe, expect, it } from 'vitest';

import * as spec from '../spec/index.ts';
import { fromWireError, toWireError } from './wire-error.ts';

describe('errors between processes', () => {
  const context = { cause: new Error('why', { cause: new spec.QueueFullError('deep', 7) }) };
  const given: readonly spec.TrimtabError[] = [
    new spec.InvalidOptionError('params.alpha', 'what', context),
    new spec.RecipeError('what', { file: 'a.yaml', line: 3, column: 4 }, context),
    new spec.FormulaError('what', 12, context),
    new spec.GgufError('tensors[3].type', 'what', context),
    new spec.NativeCallError('llama_decode', -3, 'Why not.'),
    new spec.QueueFullError('what', 30, context),
    new spec.ConstraintError('/properties/a', 'what', context),
    new spec.RewardError('brevity', 'what', context),
    new spec.StoreError('full', 'what', context),
    new spec.HubError('offline', 'what', context),
    new spec.RemoteModelError('timeout', 'what', context),
    ...[
      spec.ContractError,
      spec.LibraryError,
      spec.ModelLoadError,
      spec.InsufficientMemoryError,
      spec.KvCacheFullError,
      spec.ContextLengthError,
      spec.TruncateError,
      spec.VocabularyMismatchError,
      spec.NonFiniteLogitsError,
      spec.EmptySupportError,
      spec.TemplateError,
      spec.DisposedError,
      spec.ModelNotFoundError,
      spec.DeadlineError,
      spec.EngineUnavailableError,
      spec.ProfileNotFoundError,
    ].map((ErrorClass) => new ErrorClass('what', context)),
  ];

  it.each(given.map((error) => [error.name, error] as const))(
    '%s keeps its class, code, message, fields and causes',
    (_, error) => {
      const back = fromWireError(structuredClone(toWireError(error)));
      expect(Object.getPrototypeOf(back)).toBe(Object.getPrototypeOf(error));
      expect(Object.entries(back)).toEqual(Object.entries(error));
      expect([back.message, back.stack]).toEqual([error.message, error.stack]);
      expect(back.cause).toEqual(error.cause);
    },
  );

  it('none is forgotten', () => {
    const classes = Object.values<unknown>(spec).filter(
      (value) => typeof value === 'function' && value !== spec.TrimtabError,
    );
    expect(new Set(given.map((error) => error.constructor))).toEqual(new Set(classes));
  });

  it('an error of no class of ours keeps its name; what is no error becomes one; circles end', () => {
    const back = (error: unknown) => fromWireError(structuredClone(toWireError(error)));
    expect(back(new RangeError('too far'))).toMatchObject({
      name: 'RangeError',
      message: 'too far',
    });
    expect(back('plain')).toMatchObject({ message: 'plain' });
    const circle = new Error('round');
    circle.cause = circle;
    expect(back(circle).message).toBe('round');
  });
});
