export { type MessageProperties, propertiesFrom, type UserProperties } from '../../contracts/index.js';
