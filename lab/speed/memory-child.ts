// Loads a recipe, runs it and reports this process's memory: started by lab/speed/memory.ts.
import { LoadedRecipe } from '../../src/index.ts';
import { collectGarbage } from '../shared/measure.ts';
import { statusBytes, type MemoryReport, type MemoryTask } from './memory.ts';
import { proxyTuningRecipe } from '../shared/recipes.ts';

const { files, engine, generations, tokens, loads } = JSON.parse(process.argv[2]!) as MemoryTask;
const recipe = proxyTuningRecipe('memory', files, engine);
const idleBytes = await statusBytes('VmRSS');
const resident: number[] = [];
const peaks: number[] = [];
for (let load = 0; load < loads; load++) {
  await using trimtab = await LoadedRecipe.load(recipe);
  await Promise.all(
    Array.from({ length: generations }, (_, i) =>
      trimtab.generate({ tokens: [300 + i] }, { maxTokens: tokens, trace: i === 0 }),
    ),
  );
  collectGarbage();
  resident.push(await statusBytes('VmRSS'));
  peaks.push(await statusBytes('VmHWM'));
}
const report: MemoryReport = {
  idleBytes,
  peakBytes: peaks[0]!,
  firstLoadBytes: resident[0]!,
  lastLoadBytes: resident.at(-1)!,
};
process.stdout.write(JSON.stringify(report));
