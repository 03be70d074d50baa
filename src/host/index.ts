export { createLocalService } from './create-local-service.ts';
export type { LocalServiceOptions, ServiceOptions } from './options.ts';
export type { StartTimer } from './timer.ts';
