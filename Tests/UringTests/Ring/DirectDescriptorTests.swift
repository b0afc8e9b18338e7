// SPDX-License-Identifier: Apache-2.0

import CLiburing
import SystemPackage
import TestSupport
import Testing

@testable import Uring

@Suite(.needs(.directDescriptors, .acceptMultishot))
struct DirectDescriptorTests {
  @Test func acceptsIntoTheTable() throws {
    var ring = try Ring.small()
    try ring.makeDirectTable(capacity: 2)
    let pool = try BufferPool(capacity: 4, bufferSize: 64)
    try ring.register(pool)
    let listener = try PlainSocket.listening()
    try ring.submit(
      .acceptMultishot(from: listener.target, options: .intoDirectTable), slot: 1)
    let client = try PlainSocket.connected(to: listener.localAddress)
    let accepted = try #require(try ring.next().first)
    #expect(accepted.result == 0, "the first place of the table")

    try ring.submit(.receive(.direct(accepted.result), bufferGroup: 0), slot: 2)
    #expect(client.send([1, 2, 3]) == 3)
    let received = try #require(try ring.next().first)
    #expect(received.result == 3)
    let index = try #require(received.bufferIndex)
    let lease = pool.lease(index, byteCount: 3)
    #expect(array(lease.bytes) == [1, 2, 3])

    try ring.submit(.close(.direct(accepted.result)), slot: 3)
    #expect(try ring.next().first?.result == 0)
    #expect(try client.receive(exactly: 1) == [])
    try ring.dropDirectTable()
  }

  @Test func tellsThatTheTableIsFull() throws {
    var ring = try Ring.small()
    try ring.makeDirectTable(capacity: 1)
    let listener = try PlainSocket.listening()
    let accept = Request.acceptMultishot(
      from: listener.target, options: .intoDirectTable)
    let clients = try (0..<2).map { _ in HeldSocket(try .connected(to: listener.localAddress)) }
    try ring.submit(accept)
    let completions = try ring.next(2)
    #expect(completions.map(\.result) == [0, -Errno.tooManyOpenFilesInSystem.rawValue])
    #expect(completions.last?.hasMore == false)
    withExtendedLifetime(clients) {}
  }

  @Test func hasOneTable() throws {
    var ring = try Ring.small()
    try ring.makeDirectTable(capacity: 1)
    #expect(throws: Errno.resourceBusy) { try ring.makeDirectTable(capacity: 1) }
    try ring.dropDirectTable()
    #expect(throws: Errno.noSuchAddressOrDevice) { try ring.dropDirectTable() }
  }
}
