// @ts-nocheck -- AssemblyScript: its types are WebAssembly's; see README.md beside this file.
export { firstNonFinite, indexOf, maximum, storeExp, weightedGap } from './reduce';
export { race, raceAmong } from './race';
export { indicesAbove, topK } from './select';
export { tiltedSums } from './tilt';
export { accumulate, banOutside, fill, permitAbove } from './write';
