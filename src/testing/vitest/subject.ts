import type { Application } from '../../app/lifecycle/application.js';
import { TopicPrefix } from '../../app/routes/topic-prefix.js';
import type { Delivery } from '../delivery.js';
import { FakeBroker } from '../fake-broker.js';
import { TestApp } from '../test-app.js';

/** @throws TypeError for what types would have refused. */
export function brokerOrApp(matcher: string, subject: unknown): FakeBroker | TestApp {
  if (subject instanceof FakeBroker || subject instanceof TestApp) return subject;
  throw new TypeError(
    `${matcher} is for a FakeBroker or what createTestApp() returns: expect(broker).${matcher}(...).`,
  );
}

export function isDelivery(subject: unknown): subject is Delivery {
  // A plain object: only its members tell.
  const { acks, outcome } = (subject ?? {}) as Partial<Delivery>;
  return Array.isArray(acks) && typeof outcome === 'string';
}

/** What stands before the topics of contracts: the broker itself knows of none. */
export function prefixOf(subject: unknown): TopicPrefix {
  // The only implementation of App.
  return subject instanceof TestApp ? (subject.app as Application).prefix : new TopicPrefix();
}

/** The broker, and whose doings there are meant: those of the application, or of every client. */
export function scopeOf(subject: FakeBroker | TestApp): {
  broker: FakeBroker;
  isMeant: (by: { clientId: string }) => boolean;
} {
  if (subject instanceof FakeBroker) return { broker: subject, isMeant: () => true };
  const { clientId } = subject;
  return { broker: subject.broker, isMeant: (by) => by.clientId === clientId };
}
