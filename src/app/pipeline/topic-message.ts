export type { Message, TopicMessage } from '../../contracts/index.js';
