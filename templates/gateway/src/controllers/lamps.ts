import { Controller, Inject, type Message, Topic } from 'topicwise';
import { lampState } from '../contracts/lamp-state.js';
import { LampBoard } from '../lamp-board.js';

@Controller()
export class LampController {
  constructor(@Inject(LampBoard) private readonly board: LampBoard) {}

  @Topic(lampState)
  onState({ params, payload }: Message<typeof lampState>) {
    this.board.put({ lamp: params.lamp, on: payload.on });
  }
}
