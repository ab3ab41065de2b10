// The operations that more than one test file sends.
import { graphql } from '../src/gen/index.ts'

export const EventFields = graphql(`
  fragment EventFields on Event {
    id
    type
    status
    isFinal
    rev
    input
    data
    workflow {
      id
      name
      deletedAt
    }
    execution {
      id
      name
    }
    version {
      hash
      code
      language
    }
    error {
      code
      name
      message
      stack
      codeFrame
      line
      column
      retryable
    }
    attempts {
      number
      outcome
      startedAt
      finishedAt
      receipt {
        queueMs
        wallMs
        cpuMs
        heapBytes
        logLines
      }
    }
    logs {
      nodes {
        seq
        attempt
        level
        message
      }
    }
    idempotencyKey
    limits {
      timeoutMs
      memoryMb
      maxAttempts
    }
    rerunOf {
      id
    }
    runAt
    createdAt
    startedAt
    finishedAt
  }
`)

export const CreateEvent = graphql(`
  mutation CreateEvent($input: CreateEventInput!) {
    createEvent(input: $input) {
      __typename
      ... on CreateEventPayload {
        event {
          ...EventFields
        }
      }
      ... on UserError {
        message
        code
        path
        expected
        received
      }
    }
  }
`)

export const ExecuteWorkflow = graphql(`
  mutation ExecuteWorkflow($input: ExecuteWorkflowInput!) {
    executeWorkflow(input: $input) {
      __typename
      ... on ExecuteWorkflowPayload {
        event {
          ...EventFields
        }
      }
      ... on UserError {
        message
        code
        path
        expected
        received
      }
      ... on InvalidCodeError {
        line
        column
        codeFrame
      }
    }
  }
`)

export const ExecuteFunction = graphql(`
  mutation ExecuteFunction($input: ExecuteFunctionInput!) {
    executeFunction(input: $input) {
      __typename
      ... on ExecuteFunctionPayload {
        event {
          ...EventFields
        }
      }
      ... on UserError {
        message
        code
        path
        expected
        received
      }
    }
  }
`)

export const CancelEvent = graphql(`
  mutation CancelEvent($id: ID!) {
    cancelEvent(input: { id: $id }) {
      __typename
      ... on CancelEventPayload {
        event {
          ...EventFields
        }
      }
      ... on UserError {
        message
        code
        path
        expected
        received
      }
    }
  }
`)

export const RerunEvent = graphql(`
  mutation RerunEvent($input: RerunEventInput!) {
    rerunEvent(input: $input) {
      __typename
      ... on RerunEventPayload {
        event {
          ...EventFields
        }
      }
      ... on UserError {
        message
        code
        path
        expected
        received
      }
    }
  }
`)

export const SaveWorkflow = graphql(`
  mutation SaveWorkflow($input: SaveWorkflowInput!) {
    saveWorkflow(input: $input) {
      __typename
      ... on SaveWorkflowPayload {
        workflow {
          id
          name
          description
          version {
            hash
          }
          limits {
            timeoutMs
            memoryMb
            maxAttempts
          }
        }
      }
      ... on UserError {
        message
        code
        path
        expected
        received
      }
      ... on InvalidCodeError {
        line
        column
        codeFrame
      }
    }
  }
`)

export const SaveFunction = graphql(`
  mutation SaveFunction($input: SaveFunctionInput!) {
    saveFunction(input: $input) {
      __typename
      ... on SaveFunctionPayload {
        function {
          id
          name
        }
      }
      ... on UserError {
        message
      }
    }
  }
`)

export const DeleteWorkflow = graphql(`
  mutation DeleteWorkflow($id: ID!) {
    deleteWorkflow(input: { id: $id }) {
      __typename
      ... on DeleteWorkflowPayload {
        workflow {
          id
          deletedAt
        }
      }
      ... on UserError {
        message
        code
        path
      }
    }
  }
`)

export const GetEvent = graphql(`
  query GetEvent($id: ID!) {
    event(id: $id) {
      ...EventFields
    }
  }
`)

export const ListEvents = graphql(`
  query ListEvents($filter: EventFilter, $first: Int, $after: String) {
    events(filter: $filter, first: $first, after: $after) {
      nodes {
        id
        type
        status
        attempts {
          number
          outcome
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)
