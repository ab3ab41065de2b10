import { createMemoryHub } from '../src/hub/memory.ts'
import { hubSuite, suiteBuffer } from './suites/hub.ts'

hubSuite('the memory', () => createMemoryHub({ bufferSize: suiteBuffer, allBufferSize: suiteBuffer }))
