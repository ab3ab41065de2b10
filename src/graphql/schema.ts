import { builder } from './builder.ts'
import './errors.ts'
import './event.ts'
import './event-mutations.ts'
import './node.ts'
import './program.ts'
import './program-mutations.ts'
import './subscriptions.ts'

/** The API as it runs. A test holds it equal to `schema/*.graphql`. */
export const schema = builder.toSchema()
