import type { Outgoing } from '../../contracts/index.js';
import { type Reply, replyTo } from '../publishing/reply.js';
import type { RouteRun } from './route-run.js';

/** Publishes what a handler returned; the run waits for it. Throws an InvalidMessage for a reply that does not fit its contract. */
export function publishReturned(run: RouteRun, result: unknown): void {
  const { contract } = run.route;
  if (contract.spec.reply === undefined) {
    if (result === undefined) return;
    for (const outgoing of returnedMessages(result))
      run.handler.publish(run.context.publish(outgoing, run.route));
    return;
  }
  const reply = replyTo(run.delivery.message, contract, result);
  if (reply instanceof Promise) run.handler.publish(reply.then((settled) => publishReply(run, settled)));
  else if (reply) run.handler.publish(publishReply(run, reply));
  else run.context.reports.unasked(run);
}

/** Never rejects: that the answer can't go is no reason to handle the message once more. */
function publishReply(run: RouteRun, reply: Reply): Promise<void> {
  return run.context
    .publishReply({ ...reply, qos: run.route.contract.spec.qos }, run.route)
    .catch((error: unknown) => run.context.reports.troubled(run, error, 'Its reply could not be published.'));
}

/** The compiler lets nothing else through but nothing. */
function returnedMessages(result: unknown): readonly Outgoing[] {
  return (Array.isArray(result) ? result : [result]).filter(isOutgoing);
}

function isOutgoing(value: unknown): value is Outgoing {
  return typeof value === 'object' && value !== null && 'target' in value && 'payload' in value;
}
