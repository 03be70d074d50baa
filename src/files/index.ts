export { createFolder, ownerOnly } from './create-folder.ts';
export { dataDirectory, dataDirectoryVariable, type DataDirectoryPlace } from './data-directory.ts';
export { isThere } from './is-there.ts';
export { replaceFile } from './replace-file.ts';
