// Given to `node --import`: nothing native is installed, as after `npm install --omit=optional`.
import Module, { register } from 'node:module';

const native = /^(koffi|@koromix\/|@node-llama-cpp\/)/;

const resolving = '_resolveFilename';
const resolveFilename = Module[resolving];
Module[resolving] = function (request, ...others) {
  if (!native.test(request)) return resolveFilename.call(this, request, ...others);
  throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' });
};
const hook = `export async function resolve(specifier, context, next) {
  if (!${native}.test(specifier)) return next(specifier, context);
  throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
