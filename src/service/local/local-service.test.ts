import { createFakeService, fakeWorld } from '../../../test/support/fake-model/fake-world.ts';
import { describeService } from '../../../test/support/service-contract.ts';

describeService('this process', fakeWorld, createFakeService);
