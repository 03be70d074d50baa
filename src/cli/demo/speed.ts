import type { InferenceService } from '../../index.ts';
import type { Cli } from '../cli.ts';
import { formatRate } from '../render/numbers.ts';
import { renderTable, rightAligned } from '../render/table.ts';
import { requestOf, type DemoSystem } from './systems.ts';

const rounds = 5;

/**
 * Tokens per second of everybody alone on the machine, in turns; the best of some rounds each, as
 * other programs can only slow it down.
 */
export async function measureSpeed(
  { interruption }: Cli,
  service: InferenceService,
  systems: readonly DemoSystem[],
  prompt: string,
): Promise<number[]> {
  const { signal } = interruption;
  const rates = systems.map(() => 0);
  for (let round = 0; round < rounds; round++) {
    for (const [i, system] of systems.entries()) {
      const { stop: _, ...options } = system.options;
      const request = requestOf(service, { ...system, options }, prompt, signal);
      const { timings } = await service.stream(request).result;
      rates[i] = Math.max(rates[i]!, timings.tokensPerSecond);
    }
  }
  return rates;
}

export function renderSpeed(
  systems: readonly DemoSystem[],
  rates: readonly number[],
  { out }: Pick<Cli, 'out'>,
): string[] {
  const [large = 0] = rates;
  return renderTable(
    [{ title: '' }, rightAligned('tokens/s'), rightAligned('time per token')],
    systems.map(({ title }, i) => [
      title,
      formatRate(rates[i]!),
      rates[i]! > 0 && large > 0 ? `${(large / rates[i]!).toFixed(2)} ×` : '–',
    ]),
    out.palette.dim,
  );
}
