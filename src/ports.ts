/**
 * What the core needs from the outside, and all that it needs. Adapters implement these; `test/suites/` checks that
 * they do.
 *
 * Event: something that happened or was asked for, kept with everything that came of it.
 * Program: a workflow or a function, code with a name. Version: one immutable source text of it, known by its hash.
 * Attempt: one try at running an event. Runner: what claims an event, has it run, and settles it.
 * Child: a process that holds isolates. Outcome: what a run gave back, a value or a failure, with what it used.
 * Lease: until when a runner's claim holds without a heartbeat. Sweep: the loop that finds events whose wake-up or
 * runner was lost. Hub: tells subscribers that an event changed.
 */
import type { Event, EventStatus, Failure, Outcome } from './event.ts'
import type { Json } from './json.ts'
import type { Pruning } from './pruning.ts'
import type { Language, Program, ProgramKind, Version } from './program.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One line that user code logged. `attempt` and `seq` together order the lines of an event. */
export interface LogLine {
  readonly eventId: string
  readonly attempt: number
  /** Rises by one within an attempt, from 1. */
  readonly seq: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly level: LogLevel
  readonly message: string
}

/** Where a reader of a log stopped. */
export type LogPosition = Pick<LogLine, 'attempt' | 'seq'>

/** Narrows a list of events; every field that is set must match. */
export interface EventFilter {
  /** Any of these. Empty: no event matches. */
  readonly statuses?: readonly EventStatus[] | undefined
  readonly type?: string | undefined
  /** A workflow's id. */
  readonly workflow?: string | undefined
  /** A function's id. */
  readonly execution?: string | undefined
  readonly idempotencyKey?: string | undefined
}

/** What a queue needs to know of an event: whose it is, for none to starve another, and when it is due. */
export type WakeUp = Pick<Event, 'id' | 'runAt' | 'workflow' | 'execution' | 'version'>

/** What it takes to have an event run: a backlog is long, and its inputs are large. */
export type DueEvent = WakeUp & Pick<Event, 'status'>

/** What is not final yet. */
export interface Backlog {
  readonly pending: number
  readonly processing: number
  /** The earliest time to run at of those that are pending. Null: there are none. */
  readonly earliestRunAt: number | null
  /** When the attempt that has been running for longest began. Null: none is running. */
  readonly earliestStart: number | null
}

/** A stretch of a list that runs from the newest to the oldest. */
export interface Page {
  /** Only what is older than this id. */
  readonly after?: string | undefined
  readonly limit: number
}

/** Says which versions a program has had. `saved` is the program's `rev` when it last took this one. */
export interface ProgramVersion {
  readonly program: string
  readonly hash: string
  readonly saved: number
}

/**
 * One thing that a store keeps, to be carried to another store. Keys: `hash`, `id`, `program` and `hash`, `id`, and
 * `eventId`, `attempt` and `seq`; texts are ordered by their UTF-8 bytes.
 */
export type StoreRecord =
  | { readonly kind: 'version'; readonly value: Version }
  | { readonly kind: 'program'; readonly value: Program }
  | { readonly kind: 'programVersion'; readonly value: ProgramVersion }
  | { readonly kind: 'event'; readonly value: Event }
  | { readonly kind: 'log'; readonly value: LogLine }

export type RecordKind = StoreRecord['kind']

/**
 * The truth. Every write is atomic, durable once it resolves, and safe to repeat. Whatever a method is given and
 * gives back is a value of its own: changing one does not change what is kept. Rejects with `UnavailableError` when
 * the storage behind it cannot be reached, read or written. A write that was refused was not kept; one whose answer was
 * lost may have been, and its error says so. Repeating the call settles that.
 */
export interface Store extends Pruning {
  /**
   * What time it is, in milliseconds since the epoch, by the one clock that all processes on this store share. Every
   * time that is kept is of this clock, and leases and times to run at are judged by it.
   */
  now(): number
  /** Keeps new events. In the place of one whose idempotency key is taken comes the event that has it. */
  createEvents(events: readonly Event[]): Promise<readonly Event[]>
  getEvent(id: string): Promise<Event | undefined>
  /** The events with these ids, in any order; ids that are unknown are left out. */
  getEvents(ids: readonly string[]): Promise<readonly Event[]>
  /** Newest first. */
  listEvents(filter: EventFilter, page: Page): Promise<readonly Event[]>
  /**
   * Compare-and-set: keeps `next` if the stored event stands at `next.rev - 1` and, where `expiredBy` is given, its
   * lease ran out at that time or before: a heartbeat moves the lease without moving `rev`. False: it does not, because
   * another writer was first or there is no such event, and nothing was changed. A claim deletes the log of attempts that
   * the event no longer remembers; where only that fails, the next claim makes up for it.
   */
  updateEvent(next: Event, expiredBy?: number): Promise<boolean>
  /**
   * Moves the leases of those of these events that this owner is processing, without changing their `rev`. Resolves to
   * the ids of those; what is missing among them was taken from the owner.
   */
  renewLeases(owner: string, ids: readonly string[], until: number): Promise<readonly string[]>
  /**
   * Events that are processing with a lease that ran out, then those that are pending and due, longest due first, from
   * after the first `skip` of these.
   */
  listDue(now: number, limit: number, skip?: number): Promise<readonly DueEvent[]>
  /** How much is not final yet. Counts up to `limit` of each kind, so that it stays cheap however much that is. */
  backlog(limit: number): Promise<Backlog>

  /** Repeating lines that are already kept changes nothing. */
  appendLogs(lines: readonly LogLine[]): Promise<void>
  /** In order of attempt and sequence number, from after `after` on. */
  readLogs(eventId: string, after: LogPosition | undefined, limit: number): Promise<readonly LogLine[]>

  saveVersion(version: Version): Promise<void>
  getVersion(hash: string): Promise<Version | undefined>
  /** The versions a program has had, the one saved last first. `after` is the hash of a version. */
  listVersions(programId: string, page: Page): Promise<readonly Version[]>
  /**
   * Compare-and-set like `updateEvent` (a new program has `rev` 1), together with the version it points at. False
   * also when a living program of that kind already has the name.
   */
  saveProgram(next: Program, version: Version): Promise<boolean>
  /** A program by its id, deleted or not. */
  getProgram(id: string): Promise<Program | undefined>
  /** A living program by its name. */
  findProgram(kind: ProgramKind, name: string): Promise<Program | undefined>
  /** Living programs, newest first. */
  listPrograms(kind: ProgramKind, page: Page): Promise<readonly Program[]>

  /** Records of one kind in the order of their keys, from after the record `after` on. Reads everything there is. */
  readRecords(kind: RecordKind, after: StoreRecord | undefined, limit: number): Promise<readonly StoreRecord[]>
  /** How many records of one kind there are. */
  countRecords(kind: RecordKind): Promise<number>
  /** Keeps records as they are. Leaves alone what is there under the same key. Resolves to how many it kept. */
  keepRecords(records: readonly StoreRecord[]): Promise<number>

  /** Resolves if a write would succeed now; rejects with `UnavailableError` if not. */
  check(): Promise<void>
  /** Finishes the writes under way. Every later call rejects. Closing twice is fine. */
  close(): Promise<void>
}

/** `at`: when it came to stand there, by the store's clock. */
export type ChangedEvent = Pick<Event, 'id' | 'rev'> & { readonly at: number }

/** What a store that several processes share tells of what the others did. */
export interface ForeignChanges {
  /** Where those of these events that exist stand now. */
  revisions(ids: readonly string[]): Promise<readonly Pick<Event, 'id' | 'rev' | 'status'>[]>
  /** Where events stand that last changed at or after a time of the store's clock, the earliest of them first. */
  changedSince(time: number, limit: number): Promise<readonly ChangedEvent[]>
}

/**
 * Carries wake-ups: at least once, in no promised order, and it may lose some, since the sweep repeats them. However
 * many events of one workflow, function or text of inline code wait, those of others get their turn.
 */
export interface Queue {
  /** Asks for an event to be run once it is due. Never waits for the run, never throws, does nothing once closed. */
  push(event: WakeUp): void
  /** Starts delivery. `run` handles one id and is not called twice at the same time for one id; it never rejects. */
  consume(run: (eventId: string) => Promise<void>): void
  /** Stops delivery at once, and resolves when the runs under way have ended. Closing twice is fine. */
  close(): Promise<void>
}

export interface Source {
  readonly language: Language
  readonly code: string
}

/** One attempt at running one event. */
export interface Job {
  readonly eventId: string
  readonly attempt: number
  readonly version: Version
  /** What user code sees as `event`. */
  readonly event: { readonly id: string; readonly type: string; readonly createdAt: string }
  readonly input: Json
  readonly timeoutMs: number
  readonly memoryMb: number
}

/** What a run may say and be told while it goes on. */
export interface RunHost {
  /** Called with what the code logged since the last call, in order. Never after the run has resolved. */
  log(lines: readonly LogLine[]): void
  /** Aborting it ends the run at once, as `Interrupted`. */
  readonly signal: AbortSignal
}

export type Prepared =
  { readonly kind: 'Ready'; readonly script: string } | { readonly kind: 'Failure'; readonly failure: Failure }

/** Runs user code where it can do no harm. */
export interface Executor {
  /** Checks source without running any of it, and makes of it what `Version.script` holds. */
  prepare(source: Source): Promise<Prepared>
  /** Whatever the code does becomes an outcome. Rejects with `UnavailableError` only if no code can be run at all. */
  run(job: Job, host: RunHost): Promise<Outcome>
  /** Undefined when code can be run now, else the reason why not, as a sentence. */
  trouble(): string | undefined
  /** Ends every run as `Interrupted` and every child. Resolves when they are gone. Closing twice is fine. */
  close(): Promise<void>
}

/** Says that an event now stands at a later revision, or that its log has grown. */
export type Change =
  { readonly kind: 'Event'; readonly event: Event } | { readonly kind: 'Logs'; readonly eventId: string }

/**
 * A subscription to changes. It is attached from the moment `watch` returned it. It buffers a bounded number of
 * changes, merging older ones of the same event when full; where nothing is left to merge, or when the hub closes,
 * its next `next()` rejects with a `WatchEndedError`. `return()` ends it at once, even while a `next()` is waiting.
 */
export interface Watcher extends AsyncIterableIterator<Change, undefined, undefined> {
  return(): Promise<IteratorResult<Change, undefined>>
}

/** Tells watchers of changes, as well as it can: who must not miss one reads the store too. */
export interface Hub {
  /** Never throws, never waits for a watcher. */
  notify(change: Change): void
  /** Changes of one event, or of all. */
  watch(target: { readonly eventId: string } | 'all'): Watcher
  /** How many watchers are attached. */
  watchers(): number
  /** Ends every watcher with that reason, as a sentence. Later `watch` calls end at once. */
  close(reason: string): void
}
