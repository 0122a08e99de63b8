// A stand-in for @aws-appsync/utils, which exists only inside AppSync: it notes what was asked.
export const noted = [];

export class Raised extends Error {
  constructor(raised) {
    super('raised');
    this.raised = raised;
  }
}

export const util = {
  error(message, errorType = null, data = null, errorInfo = null) {
    throw new Raised({ message, errorType, data, errorInfo });
  },
  unauthorized() {
    throw new Raised({ unauthorized: true });
  },
  transform: {
    toSubscriptionFilter: (condition) => ({ filterOf: condition }),
  },
};

export const extensions = {
  setSubscriptionFilter: (filter) => noted.push(['filter', filter]),
  setSubscriptionInvalidationFilter: (filter) => noted.push(['invalidationFilter', filter]),
  invalidateSubscriptions: (one) => noted.push(['invalidate', one]),
};
