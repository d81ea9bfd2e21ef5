/** The applications that `topicwise new` copies, each a folder of its name in templates/. */
export const templates = {
  minimal: 'one controller and its test',
  ingest: 'readings into an SQLite file, with retries and dead letters',
  rpc: 'commands with replies, errors and timeouts',
  gateway: 'HTTP and MQTT in one process, live updates on a web page',
  workers: 'one subscription shared by several processes, with metrics',
} as const;

export type TemplateName = keyof typeof templates;

// The keys of the object above.
export const templateNames = Object.keys(templates) as readonly TemplateName[];
