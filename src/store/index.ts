/** @public */
export { dataDirectory, dataDirectoryVariable, type DataDirectoryPlace } from '../files/index.ts';
export type { ProfileExport } from './export.ts';
export { storeLimits } from './limits.ts';
export { idPattern } from './schemas.ts';
export type { AnswerReceipt, ProfileStore, UpdatePosterior } from './profile-store.ts';
export type {
  AnswerRecord,
  BasisRecord,
  ComparedTexts,
  NewAnswer,
  NewProfileRecord,
  NewQuestion,
  ProfileRecord,
  QuestionRecord,
  QuestionState,
  SetAsideRecord,
} from './records.ts';
export {
  openStore,
  type BatchStore,
  type ContextStore,
  type Store,
  type StoreOptions,
} from './open-store.ts';
export { DutyLost } from './batches/sql-batch-store.ts';
export type {
  BatchFault,
  BatchRecord,
  BatchStatus,
  FilePurpose,
  FileRecord,
  ItemCounts,
  ItemLease,
  SettledItem,
  NewItem,
  OpenCounts,
} from './batches/records.ts';
export type { Page } from './sql/read-page.ts';
export type {
  ContextEntry,
  ContextProduct,
  ContextRecord,
  ContextUse,
} from './contexts/records.ts';
export type { FileWriter } from './batches/sql-file-store.ts';
export { copyStore, type CopyOptions, type CopyProgress } from './copy-store.ts';
export { openSqliteStore, storeFileName, type SqliteStoreOptions } from './sqlite/open-store.ts';
