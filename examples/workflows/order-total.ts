// Checks an order and adds it up. A wrong order fails with a message that says what is wrong, and is not tried again.
interface Item {
  sku: string
  quantity: number
  unitPrice: number
}

interface Order {
  customer: string
  items: Item[]
  country: string
}

const vatRates: Record<string, number> = { DE: 0.19, FR: 0.2, IE: 0.23, NL: 0.21 }

export default function orderTotal({ input, console }: { input: Order; console: Console }) {
  const problems = findProblems(input)
  if (problems.length > 0)
    throw Object.assign(new Error(problems.join('; ')), { name: 'InvalidOrder', retryable: false })

  const lines = input.items.map(({ sku, quantity, unitPrice }) => ({
    sku,
    quantity,
    amount: cents(quantity * unitPrice),
  }))
  const net = cents(lines.reduce((sum, line) => sum + line.amount, 0))
  const rate = vatRates[input.country] ?? 0
  if (rate === 0) console.warn('no VAT is known for %s, charging none', input.country)
  const vat = cents(net * rate)
  console.log('%s: %d lines, %d net', input.customer, lines.length, net)
  return { customer: input.customer, lines, net, vat, total: cents(net + vat) }
}

function findProblems(order: Order): string[] {
  const problems: string[] = []
  if (typeof order?.customer !== 'string' || order.customer === '') problems.push('customer: expected a name')
  if (typeof order?.country !== 'string') problems.push('country: expected a code of two letters')
  if (!Array.isArray(order?.items) || order.items.length === 0) return [...problems, 'items: expected at least one']
  order.items.forEach((item, index) => {
    if (typeof item.sku !== 'string') problems.push(`items[${index}].sku: expected a text`)
    if (!Number.isInteger(item.quantity) || item.quantity < 1)
      problems.push(`items[${index}].quantity: expected at least 1`)
    if (!(item.unitPrice >= 0)) problems.push(`items[${index}].unitPrice: expected a number from 0`)
  })
  return problems
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100
}
