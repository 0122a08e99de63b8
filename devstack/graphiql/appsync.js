// AppSync as a browser reaches it: queries and mutations by POST, subscriptions by WebSocket.
//
// https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html

const ACK_LIMIT_MS = 15_000;

/** The socket closed or went silent; trying again may help. */
export class ConnectionLost extends Error {}

/** The API said no; `errors` says why. */
export class Refused extends Error {
  constructor(errors) {
    super(errors.map((one) => one.message).join('; '));
    this.errors = errors;
  }
}

/** Sends a query or a mutation and returns the answer; what is no answer becomes errors. */
export async function ask(endpoint, headers, request) {
  let response;
  try {
    response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(request),
    });
  } catch {
    const message = `No answer from ${endpoint}. Is it running, and its certificate trusted?`;
    return { errors: [{ errorType: 'Unreachable', message }] };
  }
  try {
    return await response.json();
  } catch {
    const message = `The answer is no JSON (HTTP ${response.status}).`;
    return { errors: [{ errorType: 'UnreadableAnswer', message }] };
  }
}

/** Where the subscriptions of an endpoint are: AWS has a host for them, others a path. */
export function realtimeUrl(endpoint) {
  const url = new URL(endpoint);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  if (/\.appsync-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(url.hostname)) {
    url.hostname = url.hostname.replace('.appsync-api.', '.appsync-realtime-api.');
  } else {
    url.pathname += '/realtime';
  }
  return url.href;
}

/**
 * Yields `{ started: true }` once the subscription stands, then every answer as it arrives.
 *
 * Returns when the server completes it; throws Refused or ConnectionLost; `signal` stops it.
 */
export async function* subscribe(endpoint, headers, request, signal) {
  const authorization = { host: new URL(endpoint).host, ...headers };
  const socket = new WebSocket(realtimeUrl(endpoint), [
    'graphql-ws',
    `header-${base64url(JSON.stringify(authorization))}`,
  ]);
  const messages = receive(socket, signal);
  const send = (message) => socket.send(JSON.stringify(message));
  const id = crypto.randomUUID();
  try {
    for await (const { type, payload } of messages) {
      if (type === 'open') {
        send({ type: 'connection_init' });
      } else if (type === 'connection_ack') {
        messages.allowSilence(payload?.connectionTimeoutMs ?? 300_000);
        const data = JSON.stringify(request);
        send({ id, type: 'start', payload: { data, extensions: { authorization } } });
      } else if (type === 'start_ack') {
        yield { started: true };
      } else if (type === 'data') {
        yield payload;
      } else if (type === 'error' || type === 'connection_error') {
        throw new Refused(payload?.errors ?? [{ message: 'The subscription was refused.' }]);
      } else if (type === 'complete') {
        return;
      }
    }
  } finally {
    if (socket.readyState === WebSocket.OPEN) send({ id, type: 'stop' });
    socket.close();
  }
}

/** The messages of a socket as an async iterator; ends on `signal`, throws when the socket does. */
function receive(socket, signal) {
  const waiting = [];
  let wake = () => {};
  let end = null;
  let alarm;
  const finish = (how) => {
    end ??= how;
    clearTimeout(alarm);
    wake();
  };
  let limitMs = ACK_LIMIT_MS;
  const heard = () => {
    clearTimeout(alarm);
    alarm = setTimeout(() => finish(new ConnectionLost('the server went silent')), limitMs);
  };
  const take = (message) => {
    heard();
    waiting.push(message);
    wake();
  };
  socket.onopen = () => take({ type: 'open' });
  socket.onmessage = ({ data }) => take(JSON.parse(data));
  socket.onclose = () => finish(new ConnectionLost('the connection closed'));
  signal.addEventListener('abort', () => finish('stopped'));
  heard();
  return {
    allowSilence(ms) {
      limitMs = ms;
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (waiting.length) yield waiting.shift();
        if (end instanceof Error) throw end;
        if (end) return;
        await new Promise((resolve) => (wake = resolve));
      }
    },
  };
}

/** Base64url without padding: the only form of base64 that a sub-protocol's name can hold. */
function base64url(text) {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
