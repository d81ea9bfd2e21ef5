export type { ApplicationInfo, Description, Receiving, ServerDescription } from './description.js';
export { type DocumentDiff, diffDocuments } from './diff.js';
export {
  ASYNCAPI_CONTENT_TYPE,
  type AsyncApiDocument,
  asyncapiDocument,
  type Documented,
} from './document.js';
export { type JsonSchema, jsonSchemaOf } from './json-schema.js';
