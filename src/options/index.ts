export {
  checkKind,
  checkOption,
  checkOptions,
  checkSchedule,
  optionNames,
  optionRows,
  type OptionName,
} from './check.ts';
export { checkConversation, mostTools } from './conversation.ts';
export { kindSchema, methodFields, rangeSchema } from './json-schema.ts';
export { requireNumber } from './number-range.ts';
export { resolveStopStrings } from './stop-strings.ts';
export { fromWire, optionAt, saidBy, toWireOptions, wirePath, type Endpoint } from './wire.ts';
export { readKeepAlive } from './keep-alive.ts';
export {
  mostDrafted,
  readSpeculation,
  type Coupling,
  type DrafterSetting,
  type SpeculationSetting,
} from './speculation.ts';
