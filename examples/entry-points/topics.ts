import { matches, parsePattern, TopicTrie } from 'topicwise/topics';

export const levels = matches('socks/+/status', 'socks//status'); // true: a level may be empty
export const params = parsePattern('socks/+drawer/#rest').match('socks/hall/a/b'); // { drawer: 'hall', rest: 'a/b' }

const handlers = new TopicTrie<string>();
handlers.add('socks/#', 'everything');
handlers.add('socks/+/status', 'statuses');
export const found = handlers.match('socks/hall/status'); // both
