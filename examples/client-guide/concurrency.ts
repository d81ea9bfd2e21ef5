import { connect } from 'topicwise/client';

/** Several loops over `messages()` share the work: each message goes to one of them. */
export async function workInParallel(url: string, work: (text: string) => Promise<void>): Promise<string[]> {
  await using client = await connect(url);
  await client.subscribe('jobs');
  const done: string[] = [];
  const finished = new AbortController();

  const worker = async (name: string) => {
    for await (const job of client.messages({ signal: finished.signal })) {
      await work(job.text()); // another worker takes the next job meanwhile
      await job.ack(); // leaves in the order in which the jobs came, whoever was faster
      done.push(`${name} ${job.text()}`);
      if (done.length === 4) finished.abort();
    }
  };
  const workers = ['anna', 'bert'].map((name) => worker(name).catch(() => undefined)); // aborted: it is finished
  for (const job of ['wash', 'dry', 'fold', 'iron']) await client.publish('jobs', job, { qos: 1 });
  await Promise.all(workers);
  return done;
}
