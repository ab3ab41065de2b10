/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  mutation FindPrimes($input: ExecuteWorkflowInput!) {\n    executeWorkflow(input: $input) {\n      ... on ExecuteWorkflowPayload {\n        event {\n          id\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n": typeof types.FindPrimesDocument,
    "\n  subscription FollowPrimes($id: ID!) {\n    eventStream(id: $id) {\n      ... on EventStatusChange {\n        event {\n          status\n          data\n          error {\n            message\n          }\n        }\n      }\n      ... on EventLogLine {\n        line {\n          at\n          message\n        }\n      }\n    }\n  }\n": typeof types.FollowPrimesDocument,
    "\n  mutation SaveOrderTotal($input: SaveWorkflowInput!) {\n    saveWorkflow(input: $input) {\n      ... on SaveWorkflowPayload {\n        workflow {\n          id\n          name\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n": typeof types.SaveOrderTotalDocument,
    "\n  mutation CreateOrder($input: CreateEventInput!) {\n    createEvent(input: $input) {\n      ... on CreateEventPayload {\n        event {\n          id\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n": typeof types.CreateOrderDocument,
    "\n  subscription WatchOrder($id: ID!) {\n    eventStatus(id: $id) {\n      rev\n      status\n      data\n      error {\n        name\n        message\n        codeFrame\n      }\n      logs {\n        nodes {\n          level\n          message\n        }\n      }\n    }\n  }\n": typeof types.WatchOrderDocument,
};
const documents: Documents = {
    "\n  mutation FindPrimes($input: ExecuteWorkflowInput!) {\n    executeWorkflow(input: $input) {\n      ... on ExecuteWorkflowPayload {\n        event {\n          id\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n": types.FindPrimesDocument,
    "\n  subscription FollowPrimes($id: ID!) {\n    eventStream(id: $id) {\n      ... on EventStatusChange {\n        event {\n          status\n          data\n          error {\n            message\n          }\n        }\n      }\n      ... on EventLogLine {\n        line {\n          at\n          message\n        }\n      }\n    }\n  }\n": types.FollowPrimesDocument,
    "\n  mutation SaveOrderTotal($input: SaveWorkflowInput!) {\n    saveWorkflow(input: $input) {\n      ... on SaveWorkflowPayload {\n        workflow {\n          id\n          name\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n": types.SaveOrderTotalDocument,
    "\n  mutation CreateOrder($input: CreateEventInput!) {\n    createEvent(input: $input) {\n      ... on CreateEventPayload {\n        event {\n          id\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n": types.CreateOrderDocument,
    "\n  subscription WatchOrder($id: ID!) {\n    eventStatus(id: $id) {\n      rev\n      status\n      data\n      error {\n        name\n        message\n        codeFrame\n      }\n      logs {\n        nodes {\n          level\n          message\n        }\n      }\n    }\n  }\n": types.WatchOrderDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation FindPrimes($input: ExecuteWorkflowInput!) {\n    executeWorkflow(input: $input) {\n      ... on ExecuteWorkflowPayload {\n        event {\n          id\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').FindPrimesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription FollowPrimes($id: ID!) {\n    eventStream(id: $id) {\n      ... on EventStatusChange {\n        event {\n          status\n          data\n          error {\n            message\n          }\n        }\n      }\n      ... on EventLogLine {\n        line {\n          at\n          message\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').FollowPrimesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SaveOrderTotal($input: SaveWorkflowInput!) {\n    saveWorkflow(input: $input) {\n      ... on SaveWorkflowPayload {\n        workflow {\n          id\n          name\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SaveOrderTotalDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateOrder($input: CreateEventInput!) {\n    createEvent(input: $input) {\n      ... on CreateEventPayload {\n        event {\n          id\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CreateOrderDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription WatchOrder($id: ID!) {\n    eventStatus(id: $id) {\n      rev\n      status\n      data\n      error {\n        name\n        message\n        codeFrame\n      }\n      logs {\n        nodes {\n          level\n          message\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').WatchOrderDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
