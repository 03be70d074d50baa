import { vi } from 'vitest';

import { FakeChild } from '../../../test/support/fake-child.ts';
import { createFakeService, fakeWorld } from '../../../test/support/fake-model/fake-world.ts';
import { describeService } from '../../../test/support/service-contract.ts';
import { createSupervisedService } from './create-supervised-service.ts';
import { EngineServer } from './engine-server.ts';
import type { FromEngine, ToEngine } from './protocol.ts';

// Both ends of the protocol, with fakes behind it and messages instead of a process between.

vi.mock(import('./engine-child.ts'), async (importOriginal) => {
  const original = await importOriginal();
  const fake = await import('../../../test/support/fake-child.ts');
  return { ...original, EngineChild: fake.FakeChild as unknown as typeof original.EngineChild };
});

/** As `engine-process.ts`: messages come a turn later, in order. */
async function serve(child: FakeChild): Promise<void> {
  const { start } = child.options;
  const post = (message: FromEngine): void => {
    const sent = structuredClone(message);
    setImmediate(() => child.say(sent));
  };
  const service = await createFakeService({
    ...start.options,
    recipes: start.recipes,
    onChange: () => postStatus(true),
  });
  const postStatus = (hasChanged = false): void => {
    const { stats } = service.status;
    post({ kind: 'status', stats, ...(hasChanged && { recipes: service.recipes() }) });
  };
  const server = new EngineServer(service, post, postStatus);
  const statuses = setInterval(postStatus, 5);
  const handle = async (message: ToEngine): Promise<void> => {
    if (message.kind !== 'stop') return server.handle(message);
    await service[Symbol.asyncDispose]();
    clearInterval(statuses);
    child.end('ended with exit code 0');
  };
  child.onMessage = (message) => void setImmediate(() => void handle(message));
  postStatus(true);
  post({ kind: 'ready' });
}

FakeChild.onStart = (child) => void serve(child);

describeService('a child process without one', fakeWorld, createSupervisedService, {
  isBuffered: true,
});
