import type { BrokerPolicy } from '../broker/index.js';

/**
 * What brokers that applications meet can do, for `new FakeBroker(brokerPresets.emqx)`: each figure with its source. What is announced in
 * CONNACK and refused is as there; a figure for which no source was found keeps FakeBroker's default, and the preset says which. To change one:
 * `{ ...brokerPresets.emqx, overlap: 'once' }`.
 */
export const brokerPresets = {
  /**
   * AWS IoT Core.
   * - `maximumQoS` 1, `retain`: AWS IoT Core Developer Guide, "MQTT",
   *   https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
   * - `receiveMaximum` 100 ("maximum inbound unacknowledged QoS 1 publish requests"), `sessionExpiryMaximum` 3,600 s ("persistent session
   *   expiry period", which AWS raises on request), 50 subscriptions per connection: AWS General Reference, "AWS IoT Core endpoints and
   *   quotas", https://docs.aws.amazon.com/general/latest/gr/iot-core.html
   * - `maximumPacketSize` 131,072: AWS limits the payload, not the packet, to 128 KB (the quotas above; https://thingrex.com/mqtt_at_aws). Here
   *   the whole packet has to fit, so that what passes here passes there.
   * - `topicAliasMaximum` 8, as seen in a CONNACK: https://github.com/awslabs/aws-crt-java/issues/618
   * - no `subscriptionIdentifiers`, announced and answered with 0xA1: https://github.com/node-red/node-red/issues/4133
   *
   * Default for want of a source: `wildcards`, `sharedSubscriptions` (both on), `overlap`, `serverKeepAlive`, `outboundTopicAliasMaximum`,
   * `responseInformation`. Not shown here: AWS delivers no
   * retained message to a filter with wildcards (Developer Guide, as above) and takes 8 filters in a SUBSCRIBE (quotas, as above).
   */
  awsIotCore: {
    capabilities: {
      maximumQoS: 1,
      retain: true,
      subscriptionIdentifiers: false,
      receiveMaximum: 100,
      maximumPacketSize: 131_072,
      topicAliasMaximum: 8,
      sessionExpiryMaximum: 3_600,
    },
    limits: { subscriptionsPerSession: 50 },
  },

  /**
   * The MQTT broker of an Azure Event Grid namespace.
   * - `maximumQoS` 1, no `sharedSubscriptions`, no `subscriptionIdentifiers`, `maximumPacketSize` 524,288 (512 KiB), `topicAliasMaximum` 10,
   *   no `outboundTopicAliasMaximum`, no `responseInformation`,
   *   `sessionExpiryMaximum` 3,600 s (the namespace's default; up to 8 hours can be set), 100 messages or 1 MB waiting for a session: "MQTT
   *   features supported by the Azure Event Grid MQTT broker", https://learn.microsoft.com/azure/event-grid/mqtt-support
   * - `retain`, 10,000 messages or 640 MB for each throughput unit, here one: "Support for MQTT Retain in Azure Event Grid",
   *   https://learn.microsoft.com/azure/event-grid/mqtt-retain
   *
   * Default for want of a source: `wildcards` (on), `receiveMaximum`, `overlap`. Not shown here: Event Grid ends a session whose queue is full,
   * where this broker drops the message; it takes retained messages of up to 64 KB, a keep-alive of up to 1,160 s and a will delay of up
   * to 300 s (pages as above).
   */
  azureEventGrid: {
    capabilities: {
      maximumQoS: 1,
      retain: true,
      subscriptionIdentifiers: false,
      sharedSubscriptions: false,
      maximumPacketSize: 524_288,
      topicAliasMaximum: 10,
      outboundTopicAliasMaximum: 0,
      sessionExpiryMaximum: 3_600,
    },
    limits: {
      queuedMessages: 100,
      queuedBytes: 1_000_000,
      retainedMessages: 10_000,
      retainedBytes: 640_000_000,
    },
  },

  /**
   * HiveMQ Community Edition as it is installed; HiveMQ Cloud has limits of its own for each plan.
   * - `maximumQoS` 2, `retain`, `wildcards`, `subscriptionIdentifiers`, `sharedSubscriptions`, `receiveMaximum` 10, `topicAliasMaximum` 5,
   *   `sessionExpiryMaximum` without limit, 1,000 messages waiting for a session: MqttConfigurationDefaults.java of
   *   https://github.com/hivemq/hivemq-community-edition
   * - `maximumPacketSize` 268,435,460: PacketsConfigEntity.java there; "MQTT-Specific Configuration",
   *   https://docs.hivemq.com/hivemq-edge/mqtt-specific-configuration.html
   * - `overlap` 'once': as a user saw it beside another broker, https://github.com/emqx/emqx/issues/3125
   *
   * Default for want of a source: `serverKeepAlive`, `outboundTopicAliasMaximum`, `responseInformation`.
   */
  hiveMqCommunityEdition: {
    overlap: 'once',
    capabilities: {
      maximumQoS: 2,
      retain: true,
      wildcards: true,
      subscriptionIdentifiers: true,
      sharedSubscriptions: true,
      receiveMaximum: 10,
      maximumPacketSize: 268_435_460,
      topicAliasMaximum: 5,
      sessionExpiryMaximum: 0xffffffff,
    },
    limits: { queuedMessages: 1_000 },
  },

  /**
   * EMQX 5 as it is installed.
   * - `maximumQoS` 2, `retain`, `maximumPacketSize` 1,048,576 (1 MB), `topicAliasMaximum` 65,535: "MQTT Configuration",
   *   https://docs.emqx.com/en/emqx/latest/configuration/mqtt.html
   * - `wildcards`, `subscriptionIdentifiers`, `sharedSubscriptions`: emqx_mqtt_caps.erl of https://github.com/emqx/emqx
   * - `outboundTopicAliasMaximum`, as many as the client takes: t_subscribe_topic_alias of emqx_mqtt_protocol_v5_SUITE.erl there
   * - `overlap` 'per-subscription': https://github.com/emqx/MQTTX/issues/1372. EMQX does so on MQTT 3.1.1 too, this broker on MQTT 5 only.
   *
   * Default for want of a source: `receiveMaximum`, `sessionExpiryMaximum`, `serverKeepAlive`, `responseInformation`.
   */
  emqx: {
    overlap: 'per-subscription',
    capabilities: {
      maximumQoS: 2,
      retain: true,
      wildcards: true,
      subscriptionIdentifiers: true,
      sharedSubscriptions: true,
      maximumPacketSize: 1_048_576,
      topicAliasMaximum: 65_535,
      outboundTopicAliasMaximum: 65_535,
    },
  },

  /**
   * mosquitto 2 as it is installed, measured on mosquitto 2.0.11; a test compares the two.
   * - `receiveMaximum` 20, `topicAliasMaximum` 10: its CONNACK. It announces nothing else: `maximumQoS` 2, `retain`, `wildcards`,
   *   `subscriptionIdentifiers`, `sharedSubscriptions`, no limit to `sessionExpiryMaximum`, nor to the packet size but the protocol's own
   *   268,435,460 bytes, which this broker announces.
   * - `overlap` 'per-subscription' on MQTT 5, 'once' on MQTT 3.1.1; no `outboundTopicAliasMaximum`: measured.
   * - 1,000 messages waiting for a session: mosquitto.conf(5), `max_queued_messages`.
   *
   * Not shown here: it answers a keep-alive of 0 with a Server Keep Alive of 65,535.
   */
  mosquitto2: {
    overlap: 'per-subscription',
    capabilities: {
      maximumQoS: 2,
      retain: true,
      wildcards: true,
      subscriptionIdentifiers: true,
      sharedSubscriptions: true,
      receiveMaximum: 20,
      maximumPacketSize: 268_435_460,
      topicAliasMaximum: 10,
      outboundTopicAliasMaximum: 0,
      sessionExpiryMaximum: 0xffffffff,
    },
    limits: { queuedMessages: 1_000 },
  },
} as const satisfies Readonly<Record<string, BrokerPolicy>>;
