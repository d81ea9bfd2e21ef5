import type { DeliveryReport } from '../app/pipeline/delivery.js';
import type { PublishProperties, QoS, UserProperties } from '../packets/packet.js';

export interface DeviceMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  /** With DUP set, as if it had been sent before. */
  readonly duplicate: boolean;
  readonly properties: PublishProperties;
}

/** What the application answered to a request. */
export interface DeviceReply {
  readonly payload: Uint8Array;
  readonly contentType?: string | undefined;
  readonly userProperties?: UserProperties | undefined;
}

/** An acknowledgement that the application sent for a message. */
export interface DeliveryAck {
  readonly packet: 'puback' | 'pubrec';
  /** From 0x80 on it refused the message. 0 on MQTT 3.1.1. MQTT 5.0, 3.4.2.1 and 3.5.2.1. */
  readonly reasonCode: number;
  readonly reasonString?: string;
}

/** A message on its way to the application. */
export interface UnderWay {
  /** Whether another report of the application can be about it. */
  expects(reports: readonly DeliveryReport[]): boolean;
  /** Whether the broker still owes it to the application. */
  isWaiting(reports: readonly DeliveryReport[]): boolean;
  acks(reports: readonly DeliveryReport[]): readonly DeliveryAck[];
  /** Resolves once everything that the message caused has settled. */
  settled(): Promise<void>;
}

/** Where a test's messages come from: the fake broker itself, or a second client on a real broker. */
export interface TestDevice {
  /** Publishes as a device would. */
  publish(message: DeviceMessage): Promise<UnderWay>;
  /** Publishes a request and resolves once everything that it caused has settled; undefined if that was no reply. */
  request(message: DeviceMessage): Promise<DeviceReply | undefined>;
  /** Resolves once everything has settled. */
  settled(): Promise<void>;
  close(): Promise<void>;
}
