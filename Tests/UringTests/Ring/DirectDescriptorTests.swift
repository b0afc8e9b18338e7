// SPDX-License-Identifier: Apache-2.0

import CLiburing
import SystemPackage
import Testing

@testable import Uring

@Suite(.needs(.directDescriptors, .acceptMultishot))
struct DirectDescriptorTests {
  @Test func acceptsIntoTheTable() throws {
    var ring = try Ring.small()
    try ring.makeDirectTable(capacity: 2)
    let pool = try BufferPool(capacity: 4, bufferSize: 64)
    try ring.register(pool)
    let listener = Listener()
    try ring.submit(
      .acceptMultishot(from: .file(listener.descriptor), options: .intoDirectTable), slot: 1)
    let client = try listener.connectClient()
    defer { try? client.close() }
    let accepted = try #require(try ring.next().first)
    #expect(accepted.result == 0, "the first place of the table")

    try ring.submit(.receive(.direct(accepted.result), bufferGroup: 0), slot: 2)
    #expect(try client.writeAll([1, 2, 3]) == 3)
    let received = try #require(try ring.next().first)
    #expect(received.result == 3)
    let index = try #require(received.bufferIndex)
    let lease = pool.lease(index, byteCount: 3)
    #expect(array(lease.bytes) == [1, 2, 3])

    try ring.submit(.close(.direct(accepted.result)), slot: 3)
    #expect(try ring.next().first?.result == 0)
    #expect(try client.readBytes(1) == [])
    try ring.dropDirectTable()
  }

  @Test func tellsThatTheTableIsFull() throws {
    var ring = try Ring.small()
    try ring.makeDirectTable(capacity: 1)
    let listener = Listener()
    let accept = Request.acceptMultishot(
      from: .file(listener.descriptor), options: .intoDirectTable)
    let first = try listener.connectClient()
    let second = try listener.connectClient()
    defer {
      try? first.close()
      try? second.close()
    }
    try ring.submit(accept)
    let completions = try ring.next(2)
    #expect(completions.map(\.result) == [0, -Errno.tooManyOpenFilesInSystem.rawValue])
    #expect(completions.last?.hasMore == false)
  }

  @Test func hasOneTable() throws {
    var ring = try Ring.small()
    try ring.makeDirectTable(capacity: 1)
    #expect(throws: Errno.resourceBusy) { try ring.makeDirectTable(capacity: 1) }
    try ring.dropDirectTable()
    #expect(throws: Errno.noSuchAddressOrDevice) { try ring.dropDirectTable() }
  }
}
