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
    "\n  fragment EventFields on Event {\n    id\n    type\n    status\n    isFinal\n    rev\n    input\n    data\n    workflow {\n      id\n      name\n      deletedAt\n    }\n    execution {\n      id\n      name\n    }\n    version {\n      hash\n      code\n      language\n    }\n    error {\n      code\n      name\n      message\n      stack\n      codeFrame\n      line\n      column\n      retryable\n    }\n    attempts {\n      number\n      outcome\n      startedAt\n      finishedAt\n      receipt {\n        queueMs\n        wallMs\n        cpuMs\n        heapBytes\n        logLines\n      }\n    }\n    logs {\n      nodes {\n        seq\n        attempt\n        level\n        message\n      }\n    }\n    idempotencyKey\n    limits {\n      timeoutMs\n      memoryMb\n      maxAttempts\n    }\n    rerunOf {\n      id\n    }\n    runAt\n    createdAt\n    startedAt\n    finishedAt\n  }\n": typeof types.EventFieldsFragmentDoc,
    "\n  mutation CreateEvent($input: CreateEventInput!) {\n    createEvent(input: $input) {\n      __typename\n      ... on CreateEventPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n    }\n  }\n": typeof types.CreateEventDocument,
    "\n  mutation ExecuteWorkflow($input: ExecuteWorkflowInput!) {\n    executeWorkflow(input: $input) {\n      __typename\n      ... on ExecuteWorkflowPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n      ... on InvalidCodeError {\n        line\n        column\n        codeFrame\n      }\n    }\n  }\n": typeof types.ExecuteWorkflowDocument,
    "\n  mutation ExecuteFunction($input: ExecuteFunctionInput!) {\n    executeFunction(input: $input) {\n      __typename\n      ... on ExecuteFunctionPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n    }\n  }\n": typeof types.ExecuteFunctionDocument,
    "\n  mutation CancelEvent($id: ID!) {\n    cancelEvent(input: { id: $id }) {\n      __typename\n      ... on CancelEventPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n    }\n  }\n": typeof types.CancelEventDocument,
    "\n  mutation RerunEvent($input: RerunEventInput!) {\n    rerunEvent(input: $input) {\n      __typename\n      ... on RerunEventPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n    }\n  }\n": typeof types.RerunEventDocument,
    "\n  mutation SaveWorkflow($input: SaveWorkflowInput!) {\n    saveWorkflow(input: $input) {\n      __typename\n      ... on SaveWorkflowPayload {\n        workflow {\n          id\n          name\n          description\n          version {\n            hash\n          }\n          limits {\n            timeoutMs\n            memoryMb\n            maxAttempts\n          }\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n      ... on InvalidCodeError {\n        line\n        column\n        codeFrame\n      }\n    }\n  }\n": typeof types.SaveWorkflowDocument,
    "\n  mutation SaveFunction($input: SaveFunctionInput!) {\n    saveFunction(input: $input) {\n      __typename\n      ... on SaveFunctionPayload {\n        function {\n          id\n          name\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n": typeof types.SaveFunctionDocument,
    "\n  mutation DeleteWorkflow($id: ID!) {\n    deleteWorkflow(input: { id: $id }) {\n      __typename\n      ... on DeleteWorkflowPayload {\n        workflow {\n          id\n          deletedAt\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n      }\n    }\n  }\n": typeof types.DeleteWorkflowDocument,
    "\n  query GetEvent($id: ID!) {\n    event(id: $id) {\n      ...EventFields\n    }\n  }\n": typeof types.GetEventDocument,
    "\n  query ListEvents($filter: EventFilter, $first: Int, $after: String) {\n    events(filter: $filter, first: $first, after: $after) {\n      nodes {\n        id\n        type\n        status\n        attempts {\n          number\n          outcome\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.ListEventsDocument,
    "\n  subscription WatchUntilShutdown($id: ID!) {\n    eventStatus(id: $id) {\n      status\n      rev\n    }\n  }\n": typeof types.WatchUntilShutdownDocument,
};
const documents: Documents = {
    "\n  mutation FindPrimes($input: ExecuteWorkflowInput!) {\n    executeWorkflow(input: $input) {\n      ... on ExecuteWorkflowPayload {\n        event {\n          id\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n": types.FindPrimesDocument,
    "\n  subscription FollowPrimes($id: ID!) {\n    eventStream(id: $id) {\n      ... on EventStatusChange {\n        event {\n          status\n          data\n          error {\n            message\n          }\n        }\n      }\n      ... on EventLogLine {\n        line {\n          at\n          message\n        }\n      }\n    }\n  }\n": types.FollowPrimesDocument,
    "\n  mutation SaveOrderTotal($input: SaveWorkflowInput!) {\n    saveWorkflow(input: $input) {\n      ... on SaveWorkflowPayload {\n        workflow {\n          id\n          name\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n": types.SaveOrderTotalDocument,
    "\n  mutation CreateOrder($input: CreateEventInput!) {\n    createEvent(input: $input) {\n      ... on CreateEventPayload {\n        event {\n          id\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n": types.CreateOrderDocument,
    "\n  subscription WatchOrder($id: ID!) {\n    eventStatus(id: $id) {\n      rev\n      status\n      data\n      error {\n        name\n        message\n        codeFrame\n      }\n      logs {\n        nodes {\n          level\n          message\n        }\n      }\n    }\n  }\n": types.WatchOrderDocument,
    "\n  fragment EventFields on Event {\n    id\n    type\n    status\n    isFinal\n    rev\n    input\n    data\n    workflow {\n      id\n      name\n      deletedAt\n    }\n    execution {\n      id\n      name\n    }\n    version {\n      hash\n      code\n      language\n    }\n    error {\n      code\n      name\n      message\n      stack\n      codeFrame\n      line\n      column\n      retryable\n    }\n    attempts {\n      number\n      outcome\n      startedAt\n      finishedAt\n      receipt {\n        queueMs\n        wallMs\n        cpuMs\n        heapBytes\n        logLines\n      }\n    }\n    logs {\n      nodes {\n        seq\n        attempt\n        level\n        message\n      }\n    }\n    idempotencyKey\n    limits {\n      timeoutMs\n      memoryMb\n      maxAttempts\n    }\n    rerunOf {\n      id\n    }\n    runAt\n    createdAt\n    startedAt\n    finishedAt\n  }\n": types.EventFieldsFragmentDoc,
    "\n  mutation CreateEvent($input: CreateEventInput!) {\n    createEvent(input: $input) {\n      __typename\n      ... on CreateEventPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n    }\n  }\n": types.CreateEventDocument,
    "\n  mutation ExecuteWorkflow($input: ExecuteWorkflowInput!) {\n    executeWorkflow(input: $input) {\n      __typename\n      ... on ExecuteWorkflowPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n      ... on InvalidCodeError {\n        line\n        column\n        codeFrame\n      }\n    }\n  }\n": types.ExecuteWorkflowDocument,
    "\n  mutation ExecuteFunction($input: ExecuteFunctionInput!) {\n    executeFunction(input: $input) {\n      __typename\n      ... on ExecuteFunctionPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n    }\n  }\n": types.ExecuteFunctionDocument,
    "\n  mutation CancelEvent($id: ID!) {\n    cancelEvent(input: { id: $id }) {\n      __typename\n      ... on CancelEventPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n    }\n  }\n": types.CancelEventDocument,
    "\n  mutation RerunEvent($input: RerunEventInput!) {\n    rerunEvent(input: $input) {\n      __typename\n      ... on RerunEventPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n    }\n  }\n": types.RerunEventDocument,
    "\n  mutation SaveWorkflow($input: SaveWorkflowInput!) {\n    saveWorkflow(input: $input) {\n      __typename\n      ... on SaveWorkflowPayload {\n        workflow {\n          id\n          name\n          description\n          version {\n            hash\n          }\n          limits {\n            timeoutMs\n            memoryMb\n            maxAttempts\n          }\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n      ... on InvalidCodeError {\n        line\n        column\n        codeFrame\n      }\n    }\n  }\n": types.SaveWorkflowDocument,
    "\n  mutation SaveFunction($input: SaveFunctionInput!) {\n    saveFunction(input: $input) {\n      __typename\n      ... on SaveFunctionPayload {\n        function {\n          id\n          name\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n": types.SaveFunctionDocument,
    "\n  mutation DeleteWorkflow($id: ID!) {\n    deleteWorkflow(input: { id: $id }) {\n      __typename\n      ... on DeleteWorkflowPayload {\n        workflow {\n          id\n          deletedAt\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n      }\n    }\n  }\n": types.DeleteWorkflowDocument,
    "\n  query GetEvent($id: ID!) {\n    event(id: $id) {\n      ...EventFields\n    }\n  }\n": types.GetEventDocument,
    "\n  query ListEvents($filter: EventFilter, $first: Int, $after: String) {\n    events(filter: $filter, first: $first, after: $after) {\n      nodes {\n        id\n        type\n        status\n        attempts {\n          number\n          outcome\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.ListEventsDocument,
    "\n  subscription WatchUntilShutdown($id: ID!) {\n    eventStatus(id: $id) {\n      status\n      rev\n    }\n  }\n": types.WatchUntilShutdownDocument,
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
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment EventFields on Event {\n    id\n    type\n    status\n    isFinal\n    rev\n    input\n    data\n    workflow {\n      id\n      name\n      deletedAt\n    }\n    execution {\n      id\n      name\n    }\n    version {\n      hash\n      code\n      language\n    }\n    error {\n      code\n      name\n      message\n      stack\n      codeFrame\n      line\n      column\n      retryable\n    }\n    attempts {\n      number\n      outcome\n      startedAt\n      finishedAt\n      receipt {\n        queueMs\n        wallMs\n        cpuMs\n        heapBytes\n        logLines\n      }\n    }\n    logs {\n      nodes {\n        seq\n        attempt\n        level\n        message\n      }\n    }\n    idempotencyKey\n    limits {\n      timeoutMs\n      memoryMb\n      maxAttempts\n    }\n    rerunOf {\n      id\n    }\n    runAt\n    createdAt\n    startedAt\n    finishedAt\n  }\n"): typeof import('./graphql.ts').EventFieldsFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateEvent($input: CreateEventInput!) {\n    createEvent(input: $input) {\n      __typename\n      ... on CreateEventPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CreateEventDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ExecuteWorkflow($input: ExecuteWorkflowInput!) {\n    executeWorkflow(input: $input) {\n      __typename\n      ... on ExecuteWorkflowPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n      ... on InvalidCodeError {\n        line\n        column\n        codeFrame\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ExecuteWorkflowDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ExecuteFunction($input: ExecuteFunctionInput!) {\n    executeFunction(input: $input) {\n      __typename\n      ... on ExecuteFunctionPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ExecuteFunctionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CancelEvent($id: ID!) {\n    cancelEvent(input: { id: $id }) {\n      __typename\n      ... on CancelEventPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CancelEventDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RerunEvent($input: RerunEventInput!) {\n    rerunEvent(input: $input) {\n      __typename\n      ... on RerunEventPayload {\n        event {\n          ...EventFields\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n    }\n  }\n"): typeof import('./graphql.ts').RerunEventDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SaveWorkflow($input: SaveWorkflowInput!) {\n    saveWorkflow(input: $input) {\n      __typename\n      ... on SaveWorkflowPayload {\n        workflow {\n          id\n          name\n          description\n          version {\n            hash\n          }\n          limits {\n            timeoutMs\n            memoryMb\n            maxAttempts\n          }\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n        expected\n        received\n      }\n      ... on InvalidCodeError {\n        line\n        column\n        codeFrame\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SaveWorkflowDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SaveFunction($input: SaveFunctionInput!) {\n    saveFunction(input: $input) {\n      __typename\n      ... on SaveFunctionPayload {\n        function {\n          id\n          name\n        }\n      }\n      ... on UserError {\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SaveFunctionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteWorkflow($id: ID!) {\n    deleteWorkflow(input: { id: $id }) {\n      __typename\n      ... on DeleteWorkflowPayload {\n        workflow {\n          id\n          deletedAt\n        }\n      }\n      ... on UserError {\n        message\n        code\n        path\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DeleteWorkflowDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query GetEvent($id: ID!) {\n    event(id: $id) {\n      ...EventFields\n    }\n  }\n"): typeof import('./graphql.ts').GetEventDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ListEvents($filter: EventFilter, $first: Int, $after: String) {\n    events(filter: $filter, first: $first, after: $after) {\n      nodes {\n        id\n        type\n        status\n        attempts {\n          number\n          outcome\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ListEventsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription WatchUntilShutdown($id: ID!) {\n    eventStatus(id: $id) {\n      status\n      rev\n    }\n  }\n"): typeof import('./graphql.ts').WatchUntilShutdownDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
