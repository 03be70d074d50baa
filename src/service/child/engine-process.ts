import { Engine } from '../../engine/index.ts';
import { LocalService } from '../local/local-service.ts';
import { EngineServer } from './engine-server.ts';
import type { FromEngine, StartMessage, ToEngine } from './protocol.ts';

// The engine's process: see protocol.ts for what it hears and says.

let service: LocalService | undefined;
let server: EngineServer | undefined;

function post(message: FromEngine): void {
  process.send!(message, undefined, undefined, () => {
    // A service that is gone is noticed by its disconnecting.
  });
}

function start({ recipes, options, statusMs }: StartMessage): void {
  const byName = new Map(recipes.map((recipe) => [recipe.name, recipe]));
  const { engineOptions, ...settings } = options;
  const openEngine = () => new Engine(engineOptions); // loaded with this process: the first request is not to wait
  const started = new LocalService(byName, { ...settings, openEngine, onChange: postAll });
  service = started;
  server = new EngineServer(started, post, postStatus);
  setInterval(postStatus, statusMs);
  postAll();
  post({ kind: 'ready' });

  function postStatus(): void {
    post({ kind: 'status', stats: started.status.stats });
  }

  function postAll(): void {
    post({ kind: 'status', stats: started.status.stats, recipes: started.recipes() });
  }
}

async function stop(): Promise<void> {
  await service?.[Symbol.asyncDispose]();
  process.exit(0);
}

process.on('message', (message: ToEngine) => {
  if (message.kind === 'start') start(message);
  else if (message.kind === 'stop') void stop();
  else server!.handle(message);
});

// Without its service it is of no use. Nothing is lost, and a plain exit would wait for native threads.
process.on('disconnect', die);
if (!process.connected) die(); // it went while this process started

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

// A terminal or a service manager signals the whole group; the service drains first, then says stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
