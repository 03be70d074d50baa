import type { GenerateServiceRequest, ServiceStream } from '../../../src/spec/index.ts';
import { TasteService } from '../taste-service.ts';
import { FakeService, type FakeBehaviour } from './fake-service.ts';

/** Answers users as the fake does, and the questions of their profiles by taste. */
export class ProfiledService extends FakeService {
  readonly taste: TasteService;

  constructor(taste = new TasteService(), behaviour: FakeBehaviour = {}) {
    super({ ...behaviour, recipe: { name: 'taste', modelNames: ['base', 'other'] } });
    this.taste = taste;
  }

  override stream(request: GenerateServiceRequest): ServiceStream {
    const isQuestion = request.owner === 'trimtab:questions';
    return isQuestion ? this.taste.stream(request) : super.stream(request);
  }
}
