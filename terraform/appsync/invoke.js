// The resolver of every field behind a Lambda function.
//
// The function gets the direct-resolver event, so Powertools' AppSyncResolver works unchanged. It
// answers the plain result, or {"error": {"type", "message", "info"}} and nothing else, which
// becomes a typed GraphQL error. AppSync forwards the message of a crash verbatim: it is masked.
//
// Twin: devstack/appsync/mapping.py, tested against this file. APPSYNC_JS 1.0.0.
import { util } from '@aws-appsync/utils';

export function request(ctx) {
  // Only fields of objects inside an answer meet many parents at once: those are batched.
  const roots = ['Query', 'Mutation', 'Subscription'];
  return {
    operation: roots.includes(ctx.info.parentTypeName) ? 'Invoke' : 'BatchInvoke',
    payload: {
      arguments: ctx.args,
      identity: ctx.identity,
      source: ctx.source,
      request: ctx.request,
      prev: ctx.prev,
      stash: ctx.stash,
      info: {
        fieldName: ctx.info.fieldName,
        parentTypeName: ctx.info.parentTypeName,
        variables: ctx.info.variables,
        selectionSetList: ctx.info.selectionSetList,
        selectionSetGraphQL: ctx.info.selectionSetGraphQL,
      },
    },
  };
}

export function response(ctx) {
  if (ctx.error) {
    const cause = ctx.error.type ?? '';
    const passing = cause.includes('Timeout') || cause.includes('TooManyRequests');
    util.error('Something went wrong.', passing ? 'DEPENDENCY_FAILURE' : 'INTERNAL_SERVER_ERROR');
  }
  const result = ctx.result;
  if (result && result.error && result.error.type && Object.keys(result).length === 1) {
    util.error(result.error.message, result.error.type, null, result.error.info ?? null);
  }
  return result;
}
