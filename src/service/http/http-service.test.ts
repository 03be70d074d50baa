import { fakeWorld } from '../../../test/support/fake-model/fake-world.ts';
import { createServedFakes } from '../../../test/support/served-fakes.ts';
import { describeService } from '../../../test/support/service-contract.ts';

describeService('a server', fakeWorld, (options) => createServedFakes(options), {
  refuses: ['unload', 'owner', 'prompt', 'topLogprobs', 'mustFit'],
  isBuffered: true,
});
