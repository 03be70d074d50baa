import { Meter } from '../../src/grammar/meter.ts';

/** Work of the meters while `act` runs. */
export function spentIn(act: () => void): number {
  const meters = new Set<Meter>();
  let before = 0;
  const { value } = Object.getOwnPropertyDescriptor(Meter.prototype, 'allow')!;
  const allow = value as (this: Meter, steps: number) => void;
  Meter.prototype.allow = function (this: Meter, steps) {
    if (!meters.has(this)) before += this.spent;
    meters.add(this);
    allow.call(this, steps);
  };
  try {
    act();
  } finally {
    Meter.prototype.allow = allow;
  }
  return [...meters].reduce((sum, { spent }) => sum + spent, 0) - before;
}
