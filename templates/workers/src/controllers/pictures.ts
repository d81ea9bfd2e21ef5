import { Controller, deadLetter, type Message, otherwise, retry, Topic } from 'topicwise';
import { pictureDone } from '../contracts/picture-done.js';
import { pictureJob } from '../contracts/picture-job.js';

@Controller()
export class PictureController {
  /** Eight at a time in each process, in any order: jobs don't depend on each other. */
  @Topic(pictureJob, {
    sends: [pictureDone],
    concurrency: { max: 8, order: 'none' },
    errors: [otherwise(retry(2, { from: '500ms', max: '5s' }), deadLetter())],
  })
  onJob({ params, payload: { width, height, largest } }: Message<typeof pictureJob>) {
    const scale = Math.min(1, largest / Math.max(width, height));
    const scaled = (side: number) => Math.max(1, Math.round(side * scale));
    return pictureDone.message(params, { width: scaled(width), height: scaled(height) });
  }
}
