// The resolver of the publish mutations, on a NONE data source: the input is the event, which
// AppSync then delivers to the subscriptions linked by @aws_subscribe.
//
// Twin: devstack/appsync/mapping.py, tested against this file. APPSYNC_JS 1.0.0.
export function request(ctx) {
  return { payload: ctx.args.input };
}

export function response(ctx) {
  return ctx.result;
}
