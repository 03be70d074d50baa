import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** In which vLLM's CPU build runs models so small: more threads gain nothing. */
export const vllmEnvironment = {
  HF_HUB_OFFLINE: '1',
  OMP_NUM_THREADS: '1',
  VLLM_CPU_KVCACHE_SPACE: '1',
  VLLM_CPU_OMP_THREADS_BIND: 'nobind',
} as const;

/** vLLM's own server, in a process that ends with it. */
export interface ServedModel extends AsyncDisposable {
  readonly url: string;
}

/**
 * Serves a model in Hugging Face's format; it takes a minute.
 * @param python - Of an environment with vLLM.
 * @param maxLogprobs - Log-probs that it tells of one position, at most.
 * @throws Error with the end of what it said if it does not start.
 */
export async function serveModel(
  python: string,
  folder: string,
  maxLogprobs: number,
): Promise<ServedModel> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const options = {
    model: folder,
    'served-model-name': 'base',
    dtype: 'float32',
    'generation-config': 'vllm',
    'max-logprobs': String(maxLogprobs),
    host: '127.0.0.1',
    port: String(port),
  };
  const named = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const args = ['-m', 'vllm.entrypoints.openai.api_server', '--enforce-eager', ...named];
  const env = { ...process.env, ...vllmEnvironment };
  const child = spawn(python, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-3000)));
  }
  const ended = once(child, 'close');
  while (!(await isHealthy(url))) {
    const isEnded = child.exitCode !== null || child.signalCode !== null;
    if (isEnded) throw new Error(`vLLM did not start:\n${said}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 500);
    });
  }
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
