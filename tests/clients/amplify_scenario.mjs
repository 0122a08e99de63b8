// The scenario through aws-amplify, unmodified, over TLS.
//
// Node 20 has no WebSocket of its own; `ws` is the one thing added.
import { Amplify } from 'aws-amplify';
import { generateClient } from 'aws-amplify/api';
import WebSocket from 'ws';
import { readGiven, report, walk } from './scenario.mjs';

globalThis.WebSocket ??= WebSocket;

const given = readGiven();
const { endpoint, region, apiKey, accessKeyId, secretAccessKey } = given;
Amplify.configure(
  { API: { GraphQL: { endpoint, region, defaultAuthMode: 'apiKey', apiKey } } },
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
const amplify = generateClient();
const heard = new Map();

const modeOf = ({ as, token }) =>
  ({ apiKey: { authMode: 'apiKey' }, iam: { authMode: 'iam' } })[as] ?? {
    authMode: 'lambda',
    authToken: token,
  };

const run = (query, variables, mode) =>
  amplify.graphql({ query, variables, ...mode }).then(
    ({ data, errors }) => ({ data, errors }),
    ({ data, errors }) => ({ data, errors }),
  );

const client = {
  ask: (step) => run(given.operations[step.ask], step.variables, modeOf(step)),

  publish: (step) => run(given.publishers[step.publish], { input: step.input }, modeOf(step)),

  /** Subscribes; resolves when a probe has come through, since Amplify does not tell. */
  follow(step) {
    const list = [];
    heard.set(step.follow, list);
    return new Promise((resolve) => {
      let standing = false;
      const stands = () => {
        standing = true;
        resolve({});
      };
      amplify.graphql({ query: given.operations[step.follow], ...modeOf(step) }).subscribe({
        next: ({ data }) => {
          if (Object.values(data)[0].eventId === 'probe') stands();
          else list.push(data);
        },
        error: ({ errors }) => resolve({ errors }),
      });
      if (!step.error) probe(step, () => standing);
    });
  },

  async receive(step, fits) {
    const list = heard.get(step.receive);
    for (const end = Date.now() + given.limitMs; Date.now() < end; await pause(20)) {
      const data = list.find(fits);
      if (data) return { data };
    }
    throw new Error(`did not come; came: ${JSON.stringify(list)}`);
  },
};

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Publishes an event to the user until it has been heard. */
async function probe({ follow, userId }, isOver) {
  const [publisher, input] = given.probes[follow];
  while (!isOver()) {
    await run(given.publishers[publisher], { input: { ...input, userId } }, { authMode: 'iam' });
    await pause(30);
  }
}

try {
  report({ passed: await walk('amplify', client, given) });
} catch (error) {
  report({ failed: error.message }, 1);
}
