import { token } from 'topicwise';

export const LIMIT = token<number>('limit');

export class Repository {
  readonly stored: string[] = [];
}

/** Lives as long as one message. */
export class Transaction {
  isOver = false;
  dispose(): void {
    this.isOver = true;
  }
}
