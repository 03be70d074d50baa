/**
 * What Python's `strftime` writes for each letter, in local time and English: the date and time
 * that chat templates may ask for.
 */
export function timeFields(now: Date): Record<string, string> {
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-US', options).format(now);
  const hours = now.getHours();
  const year = now.getFullYear();
  const sinceNewYearMs = Date.UTC(year, now.getMonth(), now.getDate()) - Date.UTC(year, 0, 1);
  return {
    Y: String(year),
    y: two(year % 100),
    m: two(now.getMonth() + 1),
    B: part({ month: 'long' }),
    b: part({ month: 'short' }),
    d: two(now.getDate()),
    j: String(sinceNewYearMs / 86_400_000 + 1).padStart(3, '0'),
    A: part({ weekday: 'long' }),
    a: part({ weekday: 'short' }),
    H: two(hours),
    I: two(hours % 12 === 0 ? 12 : hours % 12),
    p: hours < 12 ? 'AM' : 'PM',
    M: two(now.getMinutes()),
    S: two(now.getSeconds()),
    '%': '%',
  };
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
