import type { DeliveryOutcome, OutgoingMessage } from './driver.js';

/** Says what became of the message at `index` of the batch, for one of its topics. */
export type Answered = (index: number, outcome: DeliveryOutcome) => void;

/**
 * For drivers that write a batch out at once and are answered for each message by itself. `send` is called for every
 * message and each of its topics, by their places, and must call `answered` once for it, sooner or later. Resolves when
 * all are answered for: with nothing where all were delivered, else with one outcome a message, the first error of its
 * topics.
 */
export function batchOutcomes(
  batch: readonly OutgoingMessage[],
  send: (index: number, topicAt: number, answered: Answered) => void,
): Promise<DeliveryOutcome[] | undefined> {
  return new Promise((resolve) => {
    let outcomes: DeliveryOutcome[] | undefined;
    // One more than there are, so that nothing is over before all is handed over.
    let pending = 1;
    const answered: Answered = (index, outcome) => {
      if (outcome !== undefined) {
        outcomes ??= new Array<DeliveryOutcome>(batch.length).fill(undefined);
        outcomes[index] ??= outcome;
      }
      pending -= 1;
      if (pending === 0) resolve(outcomes);
    };
    for (let index = 0; index < batch.length; index += 1) {
      const { topics } = batch[index] as OutgoingMessage;
      pending += topics.length;
      for (let at = 0; at < topics.length; at += 1) send(index, at, answered);
    }
    answered(0, undefined);
  });
}
