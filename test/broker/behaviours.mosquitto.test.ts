import { holdToTable } from '../support/broker/hold-to-table.js';
import { describeWithMosquitto } from '../support/mosquitto.js';

describeWithMosquitto(
  'mosquitto behaves as the table says',
  (mosquitto) => holdToTable('mosquitto', [5, 4], () => mosquitto().port),
  { config: ['set_tcp_nodelay true'] },
);
