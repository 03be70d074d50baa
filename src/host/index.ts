export { createLocalService } from './create-local-service.ts';
export { createSupervisedService } from './create-supervised-service.ts';
export type { ServiceOptions } from './options.ts';
export { type SupervisedServiceOptions } from './supervision.ts';
export type { StartTimer } from './timer.ts';
