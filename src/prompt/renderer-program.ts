/** What the renderer is given: plain data. */
export interface RenderRequest {
  readonly template: string;
  /** Variables of the template. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** What `strftime_now` writes for each letter, e.g. `Y`: `'2026'`. */
  readonly timeFields: Readonly<Record<string, string>>;
  readonly maxOutputLength: number;
  readonly timeLimitMs: number;
}

/** What the renderer answers: first `ready`, then one answer per request. */
export type RenderAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too-long'; readonly length: number }
  | { readonly kind: 'too-slow' }
  /** `raised` is the template's own `raise_exception`. */
  | { readonly kind: 'syntax' | 'raised' | 'failed'; readonly message: string };

/**
 * The program of the rendering process (CommonJS; its argument is the path of @huggingface/jinja). It
 * is a string because a file would have to be found from TypeScript sources and from the built
 * package alike. It bounds its own time, so that it ends by itself when its parent is gone. Parsed
 * templates are kept, the latest 16.
 */
export const rendererProgram = `'use strict';
const vm = require('node:vm');
const { Environment, Interpreter, Template } = require(process.argv[1]);

class Raised extends Error {}
const parsed = new Map();

function parse(source) {
  const template = parsed.get(source) ?? new Template(source);
  parsed.delete(source);
  parsed.set(source, template);
  if (parsed.size > 16) parsed.delete(parsed.keys().next().value);
  return template;
}

// Python's, bounded: an array of millions has no place in a prompt.
function range(start, stop, step = 1) {
  if (stop === undefined) [start, stop] = [0, start];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= 100_000)) throw new Error('range() of ' + length + ' numbers is too long');
  return Array.from({ length }, (_, i) => start + i * step);
}

function formatTime(format, timeFields) {
  return String(format).replace(/%(-?)([A-Za-z%])/g, (whole, dash, letter) => {
    const field = Object.hasOwn(timeFields, letter) ? timeFields[letter] : whole;
    return dash ? field.replace(/^0+(?=.)/, '') : field;
  });
}

function messageOf(error) {
  return String(error?.message ?? error).slice(0, 500);
}

function answer({ template: source, variables, timeFields, maxOutputLength }) {
  let template;
  try {
    template = parse(source);
  } catch (error) {
    return { kind: 'syntax', message: messageOf(error) };
  }
  try {
    const globals = {
      ...{ true: true, false: false, none: null, True: true, False: false, None: null },
      range,
      raise_exception: (message) => {
        throw new Raised(message);
      },
      strftime_now: (format) => formatTime(format, timeFields),
      ...variables,
    };
    const environment = new Environment();
    for (const [name, value] of Object.entries(globals)) environment.set(name, value);
    const text = new Interpreter(environment).run(template.parsed).value;
    if (text.length > maxOutputLength) return { kind: 'too-long', length: text.length };
    return { kind: 'text', text };
  } catch (error) {
    return { kind: error instanceof Raised ? 'raised' : 'failed', message: messageOf(error) };
  }
}

const job = new vm.Script('renderRequest()');

process.on('message', (request) => {
  globalThis.renderRequest = () => answer(request);
  try {
    process.send(job.runInThisContext({ timeout: request.timeLimitMs }));
  } catch (error) {
    if (error.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    process.send({ kind: 'too-slow' });
  }
});
process.send({ kind: 'ready' });
`;
