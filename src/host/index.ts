export { createLocalService } from './create-local-service.ts';
export { createSupervisedService } from './create-supervised-service.ts';
export type { LocalServiceOptions, ServiceOptions } from './options.ts';
export {
  supervisionDefaults,
  type SupervisedServiceOptions,
  type Supervision,
} from './supervision.ts';
export type { StartTimer } from './timer.ts';
