import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Backlog } from '../ports.ts'

/** Events of a kind that are counted at most: a longer backlog is shown as so many. */
export const countedEvents = 200_000
/** How long a count of the backlog serves, in milliseconds. */
const countMs = 5_000

/** What is read when somebody asks for the metrics. */
export interface Sources {
  readonly now: () => number
  readonly backlog: (limit: number) => Promise<Backlog>
  readonly queueDepth: () => number
  /** Of the processes of each role, how many there are in each state, and how many ended so far of each cause. */
  readonly processes: () => Readonly<Record<string, Readonly<Record<'states' | 'ended', Counts>>>>
  readonly watchers: () => number
  readonly connections: () => { readonly open: number; readonly refused: Readonly<Record<string, number>> }
  readonly deleted: () => { readonly events: number; readonly orphans: number }
  readonly walBytes: () => number
}

type Counts = Readonly<Record<string, number>>
type Labels = Readonly<Record<string, string>>
type Labelled = readonly [labels: Labels, count: number]

export type Metrics = ReturnType<typeof createMetrics>

/** Everything that `/metrics` tells. docs/metrics.md says what each means. */
export function createMetrics() {
  const registry = new Registry()
  const shared = { registers: [registry] }
  collectDefaultMetrics({ register: registry })
  const seconds = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300]

  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `workcell_${name}`, help, labelNames, ...shared })
  const gauge = <Label extends string>(
    name: string,
    help: string,
    collect: (gauge: Gauge<Label>) => Promise<void> | void,
    ...labelNames: Label[]
  ) =>
    new Gauge({
      name: `workcell_${name}`,
      help,
      labelNames,
      ...shared,
      collect() {
        return collect(this)
      },
    })
  const histogram = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Histogram({ name: `workcell_${name}`, help, labelNames, buckets: seconds, ...shared })

  const metrics = {
    events: counter('events_total', 'Changes of state', 'status', 'code'),
    runSeconds: histogram('run_seconds', 'Time that attempts ran', 'outcome'),
    queueSeconds: histogram('queue_seconds', 'Time from when an event was due until it was claimed'),
    leaseExpiries: counter('lease_expiries_total', 'Events taken from a runner that was lost'),
    outcomesRejected: counter('outcomes_rejected_total', 'Outcomes of attempts that had been taken over or canceled'),
    quarantined: counter('quarantined_total', 'Events given up because runners kept dying with them'),
    storeSeconds: histogram('store_operation_seconds', 'Time of operations of the store', 'operation'),
    storeErrors: counter('store_errors_total', 'Operations of the store that failed', 'operation', 'kind'),
    fetches: counter('fetches_total', 'Fetches of user code', 'result'),
    overloaded: counter('overloaded_total', 'Requests refused because of MAX_PENDING'),
    sweptAt: 0,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    /** Adds what is read only when somebody asks. */
    read,
  }
  return metrics

  function read(from: Sources): void {
    const backlog = cached(from.backlog)
    /** Absent while the store cannot tell: zero would mean that nothing is due. */
    const age = (name: string, help: string, since: 'earliestRunAt' | 'earliestStart') =>
      gauge(name, help, async (it) => {
        const found = await backlog()
        const time = found?.[since] ?? null
        if (found) it.set(time === null ? 0 : Math.max(0, (from.now() - time) / 1000))
        else it.remove()
      })
    const ofEachRole = (label: string, counts: 'states' | 'ended') =>
      Object.entries(from.processes()).flatMap(([role, stats]) => labelled(label, stats[counts], { role }))

    gauge(
      'events',
      'Events that are not final',
      async (it) => {
        const found = await backlog()
        it.reset()
        if (found) it.set({ status: 'pending' }, found.pending)
        if (found) it.set({ status: 'processing' }, found.processing)
      },
      'status',
    )
    const due = 'How long the pending event has been due that is due for longest'
    age('oldest_pending_seconds', due, 'earliestRunAt')
    age('oldest_processing_seconds', 'How long the attempt has been running that runs for longest', 'earliestStart')
    gauge('queue_depth', 'Wake-ups that wait in this process', (it) => it.set(from.queueDepth()))
    gauge(
      'children',
      'Processes that run or check code',
      (it) => {
        it.reset()
        for (const [labels, count] of ofEachRole('state', 'states')) it.set(labels, count)
      },
      'role',
      'state',
    )
    gauge('subscriptions', 'Subscriptions, and what the server itself watches', (it) => it.set(from.watchers()))
    gauge('connections', 'Open WebSockets and event streams', (it) => it.set(from.connections().open))
    gauge('wal_bytes', 'Length of the write-ahead log of SQLite', (it) => it.set(from.walBytes()))
    gauge('store_clock_offset_seconds', 'How far the clock of the store is ahead of this machine', (it) =>
      it.set((from.now() - Date.now()) / 1000),
    )
    gauge('sweep_last_success_timestamp_seconds', 'When a sweep last learned what is due', (it) =>
      it.set(metrics.sweptAt / 1000),
    )
    total('children_ended_total', 'Processes that ended', ['role', 'cause'], () => ofEachRole('cause', 'ended'))
    total('connections_refused_total', 'Connections refused or ended', ['cap'], () =>
      labelled('cap', from.connections().refused),
    )
    total('retention_deleted_total', 'What retention deleted', ['kind'], () => {
      const { events, orphans } = from.deleted()
      return labelled('kind', { event: events, orphaned_log: orphans })
    })
  }

  /** A counter of what is counted elsewhere. */
  function total(name: string, help: string, labelNames: readonly string[], counts: () => readonly Labelled[]): void {
    const counted = new Counter({
      name: `workcell_${name}`,
      help,
      labelNames,
      registers: [],
      collect() {
        this.reset()
        for (const [labels, count] of counts()) this.inc(labels, count)
      },
    })
    registry.registerMetric(counted)
  }
}

/** Each count with its name as the value of a label, beside other labels. */
function labelled(label: string, counts: Counts, others: Labels = {}): readonly Labelled[] {
  return Object.entries(counts).map(([value, count]) => [{ ...others, [label]: value }, count])
}

/** One question for all who ask within a while. Undefined: the store is away, and its errors are counted. */
function cached(ask: Sources['backlog']): () => Promise<Backlog | undefined> {
  let answer: Promise<Backlog | undefined> | undefined
  let askedAt = -Infinity
  return () => {
    if (!answer || performance.now() - askedAt > countMs) {
      askedAt = performance.now()
      answer = ask(countedEvents).catch(() => undefined)
    }
    return answer
  }
}
