/** Bytes of a whole, the last one included. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * What a `Range` asks for: `undefined` for all of it, also where several parts are asked for or `If-Range`
 * is of something else; `'none'` for what is beyond the end.
 * @see RFC 9110, section 14
 */
export function readRange(
  range: string | undefined,
  ifRange: string | undefined,
  etag: string,
  length: number,
): ByteRange | 'none' | undefined {
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range.trim()) ?? [];
  if (first === '' && last === '') return undefined;
  const end = length - 1;
  if (first === '')
    return last === '0' || length === 0
      ? 'none'
      : { from: Math.max(0, length - Number(last)), to: end };
  const from = Number(first);
  const to = last === '' ? end : Math.min(end, Number(last));
  if (last !== '' && Number(last) < from) return undefined; // no range at all
  return from > end ? 'none' : { from, to };
}
