export { compileJsonSchema } from './compile.ts';
export { jsonRules } from './json-rules.ts';
export { choice, repeat, rule, sequence, text } from './expressions.ts';
