// Delivers a message to something that fails now and then. Run it with `limits: { maxAttempts: 5 }`: what it throws
// counts as a failed attempt, and the next one comes after one second, two, four ... `attempt` says which one it is,
// and `event.id` stays the same, so that the other side can tell a repetition from a second message.
interface Delivery {
  to: string
  /** How many attempts fail before one succeeds. */
  failures: number
}

interface Context {
  event: { id: string }
  input: Delivery
  attempt: number
  console: Console
}

export default async function flakyDelivery({ event, input, attempt, console }: Context) {
  console.info(`attempt ${attempt} to reach ${input.to}`)
  const receipt = await deliver(input, attempt, event.id)
  console.info('delivered as %s', receipt)
  return { to: input.to, receipt, attempts: attempt }
}

async function deliver({ to, failures }: Delivery, attempt: number, key: string): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 20))
  if (attempt <= failures) throw new Error(`${to} did not answer`)
  return `${to}/${key}`
}
