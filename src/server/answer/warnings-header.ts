/** Characters of a header: proxies refuse long ones. */
const longest = 2000;

/** What is to be said of a request, as a header may have it: a JSON list in ASCII, shortened if it is long. */
export function warningsHeader(warnings: readonly string[]): string {
  const header = inAscii(JSON.stringify(warnings));
  if (header.length <= longest) return header;
  return inAscii(JSON.stringify([`${warnings.length} warnings: see usage.trimtab.warnings.`]));
}

function inAscii(json: string): string {
  return json.replaceAll(/[^ -~]/g, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
