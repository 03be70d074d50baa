export { hostOf, isLoopback, isPrivateAddress } from './addresses.ts';
