export { currentMessage } from './app/pipeline/current-message.js';
