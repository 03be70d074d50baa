/** HTML that is safe: its own, or text that was escaped. Made by {@link html} alone. */
export class SafeHtml {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | SafeHtml | readonly Part[];

/** A template of HTML; texts in it are escaped, for content and quoted attributes alike. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): SafeHtml {
  const rest = parts.map((part, i) => toText(part) + literals[i + 1]!);
  return new SafeHtml(literals[0]! + rest.join(''));
}

function toText(part: Part): string {
  if (part instanceof SafeHtml) return part.text;
  if (typeof part === 'object') return part.map(toText).join('');
  return String(part).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
