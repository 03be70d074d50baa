export { createFolder, ownerOnly } from './create-folder.ts';
export { dataDirectory, dataDirectoryVariable, type DataDirectoryPlace } from './data-directory.ts';
export { HashedFiles, type HashedFilesOptions } from './hashed-files.ts';
export { isThere } from './is-there.ts';
export { replaceFile } from './replace-file.ts';
