// The panel of live events: every subscription that was started, and what it has received.
//
// Subscriptions live here and not in GraphiQL's response pane, because GraphiQL runs one thing at
// a time: starting the mutation that causes an event would stop waiting for it.

import { ConnectionLost, Refused, subscribe } from './appsync.js';

const MOST_EVENTS = 500;
const LONGEST_PAUSE_MS = 30_000;

export class LivePanel {
  constructor() {
    this.panel = document.getElementById('live');
    this.subscriptions = document.getElementById('subscriptions');
    this.events = document.getElementById('events');
    this.running = new Set();
    document.getElementById('clear').onclick = () => this.events.replaceChildren();
    document.getElementById('close').onclick = () => this.close();
  }

  /** Ends everything and goes away. */
  close() {
    for (const stop of this.running) stop();
    this.running.clear();
    this.subscriptions.replaceChildren();
    this.panel.hidden = true;
  }

  /** Starts a subscription; resolves when it stands, throws Refused when it may not. */
  follow(name, endpoint, headers, request) {
    const stopper = new AbortController();
    const row = this.addSubscription(name, () => stopper.abort());
    const stop = () => stopper.abort();
    this.running.add(stop);
    return new Promise((resolve, reject) => {
      const open = () => subscribe(endpoint, headers, request, stopper.signal);
      this.keepUp(name, row, open, stopper.signal, resolve)
        .then(() => {
          row.end('ended by the server');
          resolve(); // stopped before it stood: nobody should go on waiting
        })
        .catch((error) => {
          row.end(error.message);
          reject(error);
        })
        .finally(() => this.running.delete(stop));
    });
  }

  /** Listens until the end, connecting again whenever the connection is lost. */
  async keepUp(name, row, open, signal, onStarted) {
    let pauseMs = 1000;
    while (!signal.aborted) {
      try {
        for await (const answer of open()) {
          if (answer.started) {
            pauseMs = 1000;
            row.say('listening', 'on');
            onStarted();
          } else {
            this.addEvent(name, answer);
          }
        }
        return;
      } catch (error) {
        if (error instanceof Refused || !(error instanceof ConnectionLost)) throw error;
        row.say(`${error.message}; trying again`, 'waiting');
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  addSubscription(name, stop) {
    this.panel.hidden = false;
    const item = make('li', { className: 'subscription' });
    const state = make('span', { className: 'state', textContent: 'connecting' });
    const button = make('button', { textContent: '×', title: `Stop ${name}` });
    button.ariaLabel = button.title;
    button.onclick = () => {
      stop();
      item.remove();
    };
    item.dataset.state = 'waiting';
    item.append(make('b', { textContent: name }), state, button);
    this.subscriptions.append(item);
    const say = (text, how) => {
      state.textContent = text;
      item.dataset.state = how;
    };
    return { say, end: (text) => say(text, 'off') };
  }

  /** Puts an event on top of the list. */
  addEvent(name, answer) {
    const item = make('li', { className: answer.errors ? 'event failed' : 'event' });
    const details = make('details');
    const summary = make('summary');
    const [event] = Object.values(answer.data ?? {});
    summary.append(
      make('time', { textContent: clock(new Date()) }),
      make('b', { textContent: name }),
      ...parts(event ?? { error: answer.errors?.[0]?.message }),
    );
    const whole = answer.errors ? answer : event;
    details.append(summary, make('pre', { textContent: JSON.stringify(whole, null, 2) }));
    item.append(details);
    this.events.prepend(item);
    while (this.events.childElementCount > MOST_EVENTS) this.events.lastElementChild.remove();
    this.events.scrollTop = 0;
  }
}

/** What to show of an event in one line: its values without ids and times. */
function parts(event) {
  return Object.entries(event)
    .filter(([key, value]) => value !== null && !/(Id|At)$|^id$/.test(key))
    .map(([key, value]) => [key, brief(value)])
    .filter(([, text]) => text !== '')
    .map(([key, text]) => {
      const part = make('span', { className: 'part' });
      part.append(make('i', { textContent: key }), ` ${text}`);
      return part;
    });
}

function brief(value) {
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value !== 'object') return String(value);
  if ('amount' in value) return [value.amount, value.currency].filter(Boolean).join(' ');
  return JSON.stringify(value);
}

function clock(date) {
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function make(tag, properties = {}) {
  return Object.assign(document.createElement(tag), properties);
}
