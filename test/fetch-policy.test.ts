import { expect, test } from 'vitest'
import { createAddressPolicy } from '../src/executor/address-policy.ts'

const isPublic = createAddressPolicy([])

test.for([
  '8.8.8.8',
  '93.184.215.14',
  '172.15.255.255',
  '172.32.0.1',
  '100.63.255.255',
  '223.255.255.254',
  '2606:4700:4700::1111',
  '2a00:1450:4001:81b::200e',
  '::ffff:8.8.8.8',
])('%s is public', (address) => {
  expect(isPublic(address)).toBe(true)
})

const shut = [
  // Not given out, or of this machine or network.
  '0.0.0.0 0.1.2.3 127.0.0.1 127.255.255.254 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1',
  '100.100.100.200 192.0.0.1 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1',
  '239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 fe80::1 febf::1 fec0::1 fc00::1 fd00:ec2::254 ff02::1 100::1 4000::1',
  // IPv4 in the guise of IPv6: compatible, mapped, translated, tunneled.
  '::127.0.0.1 ::8.8.8.8 ::808:808 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1',
  '64:ff9b::8.8.8.8 64:ff9b:1::1 2002:7f00:1:: 2002:a00:1::1 2002:808:808::1 2001::1',
  // For documents, measurements and identifiers.
  '2001:db8::1 3fff::1 2001:2::1 2001:10::1 2001:20::1 2001:30::1 5f00::1',
  // No address.
  'localhost 8.8.8.8%eth0 fe80::1%eth0 2606:4700::1%1 300.1.1.1 8.8.8.8/8 [::1] 0x7f000001 127.1',
].flatMap((line) => line.split(' '))

test.for(['', '127.0.0.1 ', ...shut])('%s is not', (address) => {
  expect(isPublic(address)).toBe(false)
})

test('what the operator opens is open, and nothing beside it', () => {
  const isAllowed = createAddressPolicy(['10.1.0.0/16', '127.0.0.2', 'fd00::/8', '::1'])
  const open = ['10.1.2.3', '127.0.0.2', '::ffff:127.0.0.2', '::ffff:10.1.0.1', 'fd12::1', '::1', '8.8.8.8']
  const closed = ['10.2.0.1', '127.0.0.1', '127.0.0.3', 'fc00::1', '::2', '::', '::127.0.0.2', 'fd00::1%lo']
  expect(open.filter((address) => !isAllowed(address))).toEqual([])
  expect(closed.filter((address) => isAllowed(address))).toEqual([])
})
