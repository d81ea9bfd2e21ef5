// Names of OpenTelemetry's semantic conventions for messaging and errors, and of what they have no name for.
import type { Attributes } from '@opentelemetry/api';
import { describeThrown } from '../../thrown.js';

export const SYSTEM = 'messaging.system';
/** What is done, as one calls it with this system. */
export const OPERATION_NAME = 'messaging.operation.name';
/** What is done, as one calls it with every system. */
export const OPERATION_TYPE = 'messaging.operation.type';
/** The topic: of spans only, since there is no end of them. */
export const DESTINATION_NAME = 'messaging.destination.name';
/** The pattern. */
export const DESTINATION_TEMPLATE = 'messaging.destination.template';
export const DESTINATION_TEMPORARY = 'messaging.destination.temporary';
export const CONSUMER_GROUP = 'messaging.consumer.group.name';
export const CLIENT_ID = 'messaging.client.id';
export const ERROR_TYPE = 'error.type';

export const ROUTE = 'topicwise.route';
export const OUTCOME = 'topicwise.outcome';
export const ATTEMPTS = 'topicwise.attempts';
export const DUPLICATE = 'topicwise.duplicate';
export const REASON_CODE = 'topicwise.reason_code';

/** What distinguishes the series of a metric, and the spans beside it: all of it is from a small set. */
export function labels(
  operation: string,
  pattern: string | undefined,
  share: string | undefined,
  more: Attributes | undefined,
): Attributes {
  return {
    ...more,
    [SYSTEM]: 'mqtt',
    [OPERATION_NAME]: operation,
    ...(pattern !== undefined && { [DESTINATION_TEMPLATE]: pattern }),
    ...(share !== undefined && { [CONSUMER_GROUP]: share }),
  };
}

/** The name of what was thrown: one of few. */
export function errorType(error: unknown): string {
  return error instanceof Error ? describeThrown(error).name : '_OTHER';
}
