export function formatProbability(logprob: number): string {
  const percent = Math.exp(logprob) * 100;
  if (percent >= 99.95) return '100 %';
  if (percent >= 10) return `${percent.toFixed(0)} %`;
  if (percent >= 0.1) return `${percent.toFixed(1)} %`;
  return '< 0.1 %';
}

/** With a real minus sign, and a plus. */
export function formatSigned(value: number, digits = 2): string {
  const text = formatPlain(value, digits);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** With a real minus sign. */
export function formatPlain(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** A shift in words: `24 times as likely`. */
export function describeShift(shift: number): string {
  const factor = Math.exp(Math.abs(shift));
  if (factor < 1.05) return 'as likely as before';
  const times = factor >= 10 ? Math.round(factor).toLocaleString('en') : factor.toFixed(1);
  return `${times} times ${shift > 0 ? 'as' : 'less'} likely`;
}

export function formatSpeed(tokensPerSecond: number): string {
  return `${tokensPerSecond < 10 ? tokensPerSecond.toFixed(1) : Math.round(tokensPerSecond)} tokens/s`;
}

/** A token's text where white space must be seen. */
export function visibleText(text: string): string {
  if (text === '') return '∅';
  return text.replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll(' ', '·');
}
