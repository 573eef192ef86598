/** The suite imports `globSync`, which Node 20 does not have, for a command that no spec uses. */
import fs from 'node:fs';
import { register } from 'node:module';

const module = (source) => `data:text/javascript,${encodeURIComponent(source)}`;

if (fs.globSync === undefined) {
  const replacement = module(
    `export * from 'node:fs'; export { default } from 'node:fs'; export const globSync = () => [];`,
  );
  register(
    module(`export const resolve = (specifier, context, next) =>
      specifier === 'fs' && context.parentURL.includes('/conformance/')
        ? { url: ${JSON.stringify(replacement)}, shortCircuit: true }
        : next(specifier, context);`),
  );
}
