/** Module hooks: every import of `zod` is that of the alias in `SPEC_ZOD`, whoever imports it. */
const alias = process.env.SPEC_ZOD ?? 'zod';

export async function resolve(specifier, context, next) {
  if (!/^zod(\/|$)/.test(specifier)) return next(specifier, context);
  return next(specifier.replace('zod', alias), { ...context, parentURL: import.meta.url });
}
