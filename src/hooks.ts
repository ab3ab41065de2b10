import type { Event } from './event.ts'
import type { Hub, Queue } from './ports.ts'

/**
 * What follows once an event is kept, or an existing one was pointed at something new to run: whoever watches learns
 * of it, and a runner is woken. Both are only hints, since the event is in the store already: losing one costs time,
 * never the event.
 */
export function onEventCreate({ hub, queue }: { readonly hub: Hub; readonly queue: Queue }, event: Event): void {
  hub.notify({ kind: 'Event', event })
  if (event.status === 'Pending') queue.push(event)
}
