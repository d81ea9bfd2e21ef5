import { createApp, discover } from 'topicwise';

export const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'drawers' },
  controllers: discover(import.meta.url, './controllers/*', (url) => import(url)),
});
