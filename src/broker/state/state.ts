import type { Settings } from '../settings.js';
import { Deadlines } from './deadlines.js';
import type { Message } from './message.js';
import { Retained } from './retained.js';
import type { Session } from './session.js';
import { Subscriptions } from './subscriptions.js';

/** All that the broker remembers. */
export class State {
  readonly settings: Settings;
  /** Told of each message that was taken over. */
  readonly onMessage: ((message: Message) => void) | undefined;
  readonly sessions = new Map<string, Session>();
  readonly subscriptions = new Subscriptions();
  readonly retained: Retained;
  readonly deadlines = new Deadlines();

  constructor(settings: Settings, onMessage?: (message: Message) => void) {
    this.settings = settings;
    this.onMessage = onMessage;
    this.retained = new Retained(settings.limits);
  }
}
