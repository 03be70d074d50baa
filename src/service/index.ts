export { createLocalService } from './local/create-local-service.ts';
export { createSupervisedService } from './child/create-supervised-service.ts';
export { createHttpService } from './http/create-http-service.ts';
export type { HttpService, HttpServiceOptions } from './http/http-service.ts';
export { ServerRefusal } from './http/server-refusal.ts';
export type { LocalServiceOptions, ServiceOptions } from './options.ts';
export {
  supervisionDefaults,
  type SupervisedServiceOptions,
  type Supervision,
} from './child/supervision.ts';
export type { StartTimer } from '../waiting/index.ts';
