export { findJsonFault } from './json-fault.ts';
export { findJsonExcess, jsonLimits } from './json-text.ts';
export { didYouMean, editDistance, suggest } from './suggestion.ts';
export { placeAt } from './text-place.ts';
export { addressHint } from './web-address.ts';
