import type { GivenModel } from './given-model.ts';

/** Whether two models are built alike, so that one may be the other tuned. */
export function areAlike(a: GivenModel, b: GivenModel): boolean {
  return differences(a, b).length === 0;
}

/** In what a tuned model and another are not what a model and its untuned twin are; empty for twins. */
export function twinFaults(tuned: GivenModel, other: GivenModel): string[] {
  const faults = differences(tuned, other);
  const families = [tuned.family, other.family];
  if (faults.length === 0 && families.every((each) => each !== null)) {
    const [one, two] = families as [string, string];
    if (one.toLowerCase() !== two.toLowerCase()) faults.push(`are of ${one} and ${two}`);
  }
  return faults;
}

function differences(a: GivenModel, b: GivenModel): string[] {
  const measures = [
    ['architecture', (model: GivenModel) => model.description.architecture],
    ['layers', (model: GivenModel) => model.description.layerCount],
    ['width', (model: GivenModel) => model.description.embeddingLength],
    ['heads', (model: GivenModel) => model.description.headCounts[0]],
  ] as const;
  return measures.flatMap(([what, read]) => {
    const [one, two] = [read(a), read(b)];
    return one === two ? [] : [`differ in ${what} (${one ?? '?'} and ${two ?? '?'})`];
  });
}
