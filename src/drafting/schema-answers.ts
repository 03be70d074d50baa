import type { Sketch, SketchOptions } from './sketch.ts';
import { sketchSteering } from './steering.ts';

/** Answers of a JSON schema: by one model, or a large one steered by small ones. */
export function sketchSchema(options: SketchOptions): Sketch {
  const { base, expert } = options.roles;
  const steered = expert === null ? null : sketchSteering('manner', options);
  const constraint = { jsonSchemaFile: options.schemaFile! };
  return {
    about: [
      'Every answer is JSON that the schema accepts. A constraint forbids, and does not explain: say also in the prompt',
      'what you want to know.',
      ...(steered === null ? [] : ['', ...steered.about]),
    ],
    document: {
      ...(steered?.document ?? { models: { only: base.place }, base: 'only' }),
      constraint,
      sampling: { temperature: 0 },
    },
    comments: {
      ...steered?.comments,
      constraint:
        'The path starts at the folder of this file. In its place: jsonSchema, regex, grammar or choice.',
      sampling: '0 is greedy: the same question gets the same answer.',
    },
    models: steered?.models ?? new Map([['only', base]]),
    warnings: steered?.warnings ?? [],
  };
}
