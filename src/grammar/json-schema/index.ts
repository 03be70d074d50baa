export { compileJsonSchema } from './compile.ts';
