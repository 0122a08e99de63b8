// Uses one gateway through aws-amplify, unmodified, and writes what came of it as JSON.
//
//   node amplify.mjs https://127.0.0.1:PORT/graphql
//
// Node 20 has no WebSocket of its own; `ws` is the one thing added.
import { Amplify } from 'aws-amplify';
import { generateClient } from 'aws-amplify/api';
import WebSocket from 'ws';

globalThis.WebSocket ??= WebSocket;

const [endpoint, accessKeyId, secretAccessKey] = process.argv.slice(2);
Amplify.configure(
  {
    API: {
      GraphQL: { endpoint, region: 'eu-north-1', defaultAuthMode: 'apiKey', apiKey: 'da2-testkey' },
    },
  },
  {
    Auth: {
      credentialsProvider: {
        getCredentialsAndIdentityId: async () => ({
          credentials: { accessKeyId, secretAccessKey },
        }),
        clearCredentialsAndIdentityId() {},
      },
    },
  },
);

const client = generateClient();
const user = { authMode: 'lambda', authToken: 'anna:s1' };
const outcome = {};

const ask = (query, options = {}) =>
  client.graphql({ query, ...options }).then(
    ({ data }) => ({ data }),
    ({ data, errors }) => ({ data, errors }),
  );

const publish = (eventId) =>
  ask(
    `mutation { publishInvoiceEvent(input: {eventId: "${eventId}", userId: "anna", title: "Rent"})
     { eventId userId title total } }`,
    { authMode: 'iam' },
  );

/** Subscribes, and resolves with the first event or error. */
const listen = (options, whenOpen) =>
  new Promise((resolve) => {
    const query = 'subscription { onInvoiceEvent { eventId title } }';
    const subscription = client.graphql({ query, ...options }).subscribe({
      next: ({ data }) => {
        subscription.unsubscribe();
        resolve({ data });
      },
      error: ({ errors }) => resolve({ errors: errors?.map((one) => one.message) }),
    });
    whenOpen?.();
  });

/** Publishes until somebody has heard it: Amplify does not tell when a subscription stands. */
const publishUntilHeard = async (heard) => {
  let done = false;
  heard.then(() => (done = true));
  while (!done) {
    outcome.iamMutation = await publish('e1');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

outcome.apiKeyQuery = await ask('query { status { ok } }');
outcome.lambdaQuery = await ask('query { me { id secret } }', user);
const event = listen(user);
await publishUntilHeard(event);
outcome.event = await event;
outcome.refusedSubscription = await listen({ ...user, authToken: 'nobody' });
process.stdout.write(JSON.stringify(outcome), () => process.exit(0));
