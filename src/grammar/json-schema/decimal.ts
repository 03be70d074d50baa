/** An exact decimal: `units × 10^-scale`, `scale >= 0`, without trailing zeros in the fraction. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

/** The shortest decimal that reads back as this number: what JSON writes for it. */
export function toDecimal(value: number): Decimal {
  const [, sign, whole, fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value))!;
  const scale = fraction.length - Number(exponent);
  const units = BigInt(`${sign}${whole}${fraction}`);
  return scale < 0 ? { units: units * powerOfTen(-scale), scale: 0 } : reduced({ units, scale });
}

/** The least integer `n` with `n × 10^-scale >= value`. */
export function ceilAt(value: Decimal, scale: number): bigint {
  return -floorAt({ units: -value.units, scale: value.scale }, scale);
}

/** The greatest integer `n` with `n × 10^-scale <= value`. */
export function floorAt({ units, scale }: Decimal, wanted: number): bigint {
  if (wanted >= scale) return units * powerOfTen(wanted - scale);
  return floorDivide(units, powerOfTen(scale - wanted));
}

export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor; // truncates towards 0
  return dividend % divisor !== 0n && dividend < 0n !== divisor < 0n ? quotient - 1n : quotient;
}

/** The least positive decimal that is a multiple of both; both are positive. */
export function leastCommonMultiple(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [floorAt(a, scale), floorAt(b, scale)];
  return reduced({ units: (x / greatestCommonDivisor(x, y)) * y, scale });
}

export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [divisor, rest] = [a, b];
  while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
  return divisor;
}

export function isMultipleOf(value: Decimal, step: Decimal): boolean {
  const scale = Math.max(value.scale, step.scale);
  return floorAt(value, scale) % floorAt(step, scale) === 0n;
}

export function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

function reduced(value: Decimal): Decimal {
  let { units, scale } = value;
  while (scale > 0 && units % 10n === 0n) {
    units /= 10n;
    scale--;
  }
  return { units, scale };
}

/** Equal for equal decimals: `5`, `5e-1`. */
export function showDecimal({ units, scale }: Decimal): string {
  return scale === 0 ? String(units) : `${units}e-${scale}`;
}

/** As it is written without an exponent: `-0.05`. */
export function writeDecimal({ units, scale }: Decimal): string {
  const sign = units < 0n ? '-' : '';
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
