/** C0 but tab and newline, DEL, and C1, which some terminals obey even as UTF-8. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const controls = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;

/**
 * Text that cannot steer a terminal: control characters as `\x1b`, line breaks and tabs as they are.
 * What a model, a file or a user says passes here before it is printed.
 */
export function escapeControls(text: string): string {
  return text.replace(
    controls,
    (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** {@link escapeControls} on one line: `\n` and `\t` are spelled, too. */
export function escapeLine(text: string): string {
  return escapeControls(text)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\t', String.raw`\t`);
}
