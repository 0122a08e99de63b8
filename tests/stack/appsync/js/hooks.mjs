// Lets Node import resolver files as AppSync runs them: as ES modules, with its own
// @aws-appsync/utils, of which utils.mjs is a stand-in.
export async function resolve(specifier, context, next) {
  if (specifier === '@aws-appsync/utils') {
    return { url: new URL('./utils.mjs', import.meta.url).href, shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  return next(url, url.endsWith('.js') ? { ...context, format: 'module' } : context);
}
