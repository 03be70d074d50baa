/** A name of recipes made of any text: what no name may have becomes `-`. `Qwen 0.5B` -> `Qwen-0.5B` */
export function toRecipeName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'model';
}
