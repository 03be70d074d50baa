export {
  connectModel,
  RemoteModel,
  type ConnectOptions,
  type TokenLender,
} from './remote-model.ts';
