// invoke.js for mutations that end sessions (logOut, deleteUser): once the function has done it,
// the live subscriptions of the session are ended too; those of the whole user when all of its
// sessions have ended.
//
// A file of its own because extensions.invalidateSubscriptions is the only way to end a
// subscription and works only in the response handler of a mutation; and because resolver code
// cannot import other files.
//
// Twin: devstack/appsync/mapping.py, tested against this file. APPSYNC_JS 1.0.0.
import { extensions, util } from '@aws-appsync/utils';

export function request(ctx) {
  return {
    operation: 'Invoke',
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
  // A refusal (a wrong password, say) is an answer with userErrors: nothing has ended then.
  const answered = result !== null && result !== undefined;
  const refused = answered && result.userErrors && result.userErrors.length > 0;
  const oneSession = ctx.info.fieldName === 'logOut' && !ctx.args.input?.allSessions;
  const key = oneSession ? 'sessionId' : 'userId';
  const caller = ctx.identity ? ctx.identity.resolverContext : null;
  if (answered && !refused && caller && caller[key]) {
    const payload = { [key]: caller[key] };
    extensions.invalidateSubscriptions({ subscriptionField: 'onInvoiceEvent', payload });
    extensions.invalidateSubscriptions({ subscriptionField: 'onIngestionEvent', payload });
  }
  return result;
}
