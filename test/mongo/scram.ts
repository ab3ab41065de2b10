// The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), for a server that knows one user.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

export interface Credentials {
  readonly username: string
  readonly password: string
}

export interface ScramConversation {
  /** The answer to the client's next message; undefined when the client does not know the password. */
  next(message: string): { readonly payload: string; readonly done: boolean } | undefined
}

const iterations = 4096

export function startScram({ username, password }: Credentials): ScramConversation {
  const salt = randomBytes(16)
  let clientFirst = ''
  let serverFirst = ''
  let step = 0

  return {
    next(message) {
      step++
      if (step === 1) {
        clientFirst = message.replace(/^n,,/, '')
        const { n, r } = fields(clientFirst)
        if (n !== username) return undefined
        serverFirst = `r=${r}${randomBytes(18).toString('base64')},s=${salt.toString('base64')},i=${iterations}`
        return { payload: serverFirst, done: false }
      }
      if (step > 2) return { payload: '', done: true }
      const { p = '' } = fields(message)
      const withoutProof = message.slice(0, message.lastIndexOf(',p='))
      const signed = `${clientFirst},${serverFirst},${withoutProof}`
      const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
      const clientKey = hmac(salted, 'Client Key')
      const storedKey = createHash('sha256').update(clientKey).digest()
      const signature = hmac(storedKey, signed)
      const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)))
      if (proof.toString('base64') !== p) return undefined
      return { payload: `v=${hmac(hmac(salted, 'Server Key'), signed).toString('base64')}`, done: true }
    },
  }
}

function fields(message: string): Record<string, string | undefined> {
  return Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]))
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
