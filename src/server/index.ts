export {
  createServer,
  type RunningServer,
  type ServerOptions,
  type TrimtabServer,
} from './server.ts';
export { defaultLimits, type ServerLimits } from './edge/limits.ts';
