export { covers, matches, overlaps } from './matches.js';
export { type Pattern, parsePattern } from './pattern.js';
export type { HasUnnamed, ParamName, ParamsOf, ValidPattern } from './pattern-types.js';
export { parseSharedFilter, type SharedFilter } from './shared-filter.js';
export { TopicError } from './topic-error.js';
export { TopicTrie } from './trie.js';
export { MAXIMUM_LEVELS, validateTopicFilter, validateTopicName } from './validate.js';
