export { type JsonSchema, jsonSchemaOf } from './json-schema.js';
