import type { DeliveryCounts, DeliveryState } from '../../telemetry/export/delivery.ts';
import { counted } from '../../views/format.ts';
import type { LiveDelivery } from '../../views/live/model/frame.ts';

const STATES: Readonly<Record<DeliveryState, LiveDelivery['state']>> = {
  idle: 'waiting',
  delivered: 'delivered',
  spooling: 'spooling',
  failing: 'failing',
};

/** State of the export in words: the current state, then the counts of windows. */
export function liveDelivery(counts: DeliveryCounts | undefined): LiveDelivery {
  if (counts === undefined || counts.state === 'idle')
    return { state: 'waiting', text: 'nothing was sent yet' };
  const { delivered, failed, rejectedPoints, state } = counts;
  const done = `delivered ${counted(delivered, 'window')}`;
  const parts = [state === 'delivered' ? done : counts.stateText, state === 'delivered' ? '' : done];
  if (failed > 0) parts.push(`${failed} lost`);
  if (rejectedPoints > 0) parts.push(`${counted(rejectedPoints, 'point')} refused`);
  return { state: STATES[state], text: parts.filter((part) => part !== '').join(', ') };
}
