// The resolver of the subscription fields, on a NONE data source: which events a subscriber gets
// is decided here, from the identity, so that no client can ask for another user's events.
//
// Twin: devstack/appsync/mapping.py, tested against this file. APPSYNC_JS 1.0.0.
import { extensions, util } from '@aws-appsync/utils';

export function request(ctx) {
  return { payload: null };
}

export function response(ctx) {
  const caller = ctx.identity ? ctx.identity.resolverContext : null;
  if (!caller || !caller.userId || !caller.sessionId) {
    util.unauthorized();
  }
  extensions.setSubscriptionFilter(
    util.transform.toSubscriptionFilter({ userId: { eq: caller.userId } }),
  );
  // Either is enough: log-out names the session, account deletion names the user.
  extensions.setSubscriptionInvalidationFilter(
    util.transform.toSubscriptionFilter({
      or: [{ sessionId: { eq: caller.sessionId } }, { userId: { eq: caller.userId } }],
    }),
  );
  return null;
}
