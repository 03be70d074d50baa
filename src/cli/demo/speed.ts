import type { LoadedRecipe } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { formatRate } from '../render/numbers.ts';
import { renderTable, rightAligned } from '../render/table.ts';
import type { DemoContender } from './contenders.ts';

const rounds = 5;

/**
 * Tokens per second of everybody alone on the machine, in turns; the best of some rounds each, as
 * other programs can only slow it down.
 */
export async function measureSpeed(
  { interruption }: Cli,
  trimtab: LoadedRecipe,
  contenders: readonly DemoContender[],
  prompt: string,
): Promise<number[]> {
  const { signal } = interruption;
  const rates = contenders.map(() => 0);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { options }] of contenders.entries()) {
      const { stop: _, ...unstopped } = options;
      const { timings } = await trimtab.generate(prompt, { ...unstopped, signal });
      rates[i] = Math.max(rates[i]!, timings.tokensPerSecond);
    }
  }
  return rates;
}

export function renderSpeed(
  contenders: readonly DemoContender[],
  rates: readonly number[],
  { out }: Pick<Cli, 'out'>,
): string[] {
  const [large = 0] = rates;
  return renderTable(
    [{ title: '' }, rightAligned('tokens/s'), rightAligned('time per token')],
    contenders.map(({ title }, i) => [
      title,
      formatRate(rates[i]!),
      rates[i]! > 0 && large > 0 ? `${(large / rates[i]!).toFixed(2)} ×` : '–',
    ]),
    out.palette.dim,
  );
}
