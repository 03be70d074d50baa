export { JinjaError } from './error.ts';
export { parseJinja, renderJinja, startRendering } from './template.ts';
export type { JinjaTemplate } from './template.ts';
export { Float } from './values.ts';
