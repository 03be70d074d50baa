import { suggest } from '../../faults/index.ts';
import { RefusedError } from './errors.ts';

/** A route of the server: `GET /v1/models/:id`. */
export interface ServedRoute {
  readonly method: string;
  readonly path: string;
}

const nothingStored =
  'Nothing is stored: send the conversation so far as the input of POST /v1/responses, or as the messages of POST /v1/chat/completions.';

const textInMessages =
  'Files are not stored: put their text into a message of POST /v1/chat/completions.';

/** What of OpenAI's API there is not, by how its paths begin behind `/v1/`, and what to use instead. */
const unserved: Readonly<Record<string, string>> = {
  embeddings:
    'Embeddings are not served: ask a server of embeddings, such as llama-server --embedding on another port.',
  audio:
    'Audio is not served: ask a server of speech models, such as whisper-server of whisper.cpp, and send its text to POST /v1/chat/completions.',
  images:
    'Images are not served: ask a server of image models, such as sd-server of stable-diffusion.cpp.',
  videos: 'Videos are not served: ask a server of video models.',
  moderations:
    'Moderation is not served: ask a server of a model for it, or let a reward judge answers, by trimtab.reportRewards of POST /v1/chat/completions.',
  assistants: nothingStored,
  threads: nothingStored,
  conversations: nothingStored,
  responses: nothingStored,
  uploads: 'Files are not taken in parts: send one whole to POST /v1/files.',
  vector_stores: textInMessages,
  fine_tuning:
    'Models are not tuned by the server: `trimtab pair make` tunes a small expert, whose recipe is then served.',
};

/** The refusal of what no route takes: what to use instead, or the route that was probably meant. */
export function unknownRoute(
  method: string,
  path: string,
  routes: readonly ServedRoute[],
): RefusedError {
  const [head = ''] = path.replace(/^(?:\/v1)?\//, '').split('/');
  const instead = Object.hasOwn(unserved, head) ? unserved[head] : undefined;
  const message =
    instead ??
    `No such route.${didYouMeanRoute(method, path, routes)} GET /openapi.json lists all.`;
  return new RefusedError('route_not_found', message);
}

/** Characters of a path that is looked into: comparing takes the square of them. */
const longestPath = 200;

function didYouMeanRoute(method: string, path: string, routes: readonly ServedRoute[]): string {
  if (path.length > longestPath) return '';
  const filled = routes.map((route) => ({ ...route, path: fillPlaces(route.path, path) }));
  const nearest = suggest(
    path,
    filled.flatMap((route) => route.path ?? []),
  );
  if (nearest === undefined) return '';
  const fitting = filled.filter((route) => route.path === nearest);
  const methods = [...new Set(fitting.map((route) => route.method))];
  const asked = methods.includes(method) ? method : methods.join(' or ');
  return ` Did you mean ${asked} ${nearest}?`;
}

/** `/v1/models/:id` as a path that has something there says it; `undefined` where that has nothing. */
function fillPlaces(pattern: string, path: string): string | undefined {
  const said = path.split('/');
  const parts = pattern
    .split('/')
    .map((part, index) => (part.startsWith(':') ? said[index] : part));
  return parts.some((part) => part === undefined) ? undefined : parts.join('/');
}
