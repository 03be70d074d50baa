const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `2.1 MiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[power]}`;
}

/** `70.6B`, `117k`: counts as model cards write them. */
export function formatCount(count: number): string {
  for (const [size, unit] of [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (count < size) continue;
    const value = count / size;
    return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)}${unit}`;
  }
  return String(count);
}

/** `128,256`, in every locale. */
export function formatInteger(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** Tokens per second; a dash where too few tokens were made to tell. */
export function formatRate(tokensPerSecond: number): string {
  if (tokensPerSecond <= 0) return '–';
  return tokensPerSecond < 100 ? tokensPerSecond.toFixed(1) : formatInteger(tokensPerSecond);
}

/** `+1.25`, `-0.30`, with a sign always but at 0. */
export function formatSigned(value: number, digits = 2): string {
  const text = value.toFixed(digits);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text.replace(/^-(0\.?0*)$/, '$1');
}

/** `0:07`, `2:05`, `1:02:05`: begun seconds count. */
export function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${twoDigits(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${twoDigits(whole % 60)}`;
}

function twoDigits(part: number): string {
  return String(part).padStart(2, '0');
}

export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

/** A log-prob as a probability: `0.97`, `2e-5`. */
export function formatProbability(logprob: number): string {
  const probability = Math.exp(logprob);
  return probability >= 0.001 || probability === 0
    ? probability.toFixed(3)
    : probability.toExponential(0);
}
