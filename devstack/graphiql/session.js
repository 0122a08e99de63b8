// Who the page calls as: the text of the headers editor, the same in every tab.
//
// It is kept in memory only: closing or reloading the page forgets the token.

import { ask } from './appsync.js';

const LOG_IN = `mutation LogIn($input: LogInInput!) {
  logIn(input: $input) {
    session { accessToken name }
    userErrors { message }
  }
}`;

export class Session {
  /** `onChange` is told about every change, also of what is typed in the headers editor. */
  constructor(endpoint, apiKey, onChange) {
    this.endpoint = endpoint;
    this.apiKey = apiKey;
    this.name = '';
    this.onChange = onChange;
    this.text = apiKey ? show({ 'x-api-key': apiKey }) : '{}';
  }

  /** The headers to send; null while the editor holds no JSON object. */
  get headers() {
    try {
      const parsed = JSON.parse(this.text.trim() || '{}');
      return parsed !== null && typeof parsed === 'object' ? parsed : null;
    } catch {
      return null;
    }
  }

  /** key, session, signed, none or broken. */
  get mode() {
    const { headers } = this;
    if (!headers) return 'broken';
    const names = new Map(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v]));
    const authorization = names.get('authorization') ?? '';
    if (String(authorization).startsWith('AWS4-')) return 'signed';
    if (authorization) return 'session';
    return names.get('x-api-key') ? 'key' : 'none';
  }

  /** Takes what was typed in the headers editor. */
  edit(text) {
    this.text = text;
    this.name = '';
    this.onChange();
  }

  useKey() {
    this.edit(show({ 'x-api-key': this.apiKey }));
  }

  /** Logs in through the API and calls with the session from now on; throws what went wrong. */
  async logIn(email, password) {
    const request = { query: LOG_IN, variables: { input: { email, password } } };
    const answer = await ask(this.endpoint, { 'x-api-key': this.apiKey }, request);
    const payload = answer.data?.logIn;
    const problem = answer.errors?.[0] ?? payload?.userErrors?.[0];
    if (problem || !payload?.session) throw new Error(problem?.message ?? 'No session came back.');
    // Bare: AppSync never asks the authorizer about a Bearer token.
    this.text = show({ Authorization: payload.session.accessToken });
    this.name = payload.session.name;
    this.onChange();
  }
}

const show = (headers) => JSON.stringify(headers, null, 2);
