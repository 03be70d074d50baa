/** A parameter of a request's body as the option that it sets: `trimtab.params.alpha` -> `params.alpha`. */
export function toOptionName(param: string): string {
  const [head = '', ...rest] = param.replace(/^trimtab\./, '').split(/(?=[.[/])/);
  return head.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) + rest.join('');
}
