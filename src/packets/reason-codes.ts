/** A reason code of MQTT 5.0, 2.4: below 0x80 success, from 0x80 on a failure. */
export type ReasonCode = number;
