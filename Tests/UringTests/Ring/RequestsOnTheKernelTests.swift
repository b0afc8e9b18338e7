// SPDX-License-Identifier: Apache-2.0

import CLiburing
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Uring

/// Each kind of request once on the running kernel.
@Suite struct RequestsOnTheKernelTests {
  @Test func cancelsByToken() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    let target = Token(slot: 1, generation: 1, operation: .poll)
    try ring.submit(.poll(.file(pair.near), mask: CURING_POLLIN), slot: 1)
    #expect(ring.reapAll() == [])
    try ring.submit(.cancel(target), slot: 2)
    let answers = Dictionary(
      uniqueKeysWithValues: try ring.next(2).map { ($0.token.operation, $0.error) })
    #expect(answers == [.cancel: nil, .poll: .canceled])
  }

  @Test func findsNothingToCancel() throws {
    var ring = try Ring.small()
    try ring.submit(.cancel(Token(slot: 9, generation: 9, operation: .receive)))
    #expect(try ring.next().first?.error == .noSuchFileOrDirectory)
  }

  @Test(.needs(.cancelAll)) func cancelsEverything() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    try ring.submit(.poll(.file(pair.near), mask: CURING_POLLIN), slot: 1)
    try ring.submit(.poll(.file(pair.far), mask: CURING_POLLIN), slot: 2)
    try ring.submit(.cancelAll, slot: 3)
    let completions = try ring.next(3)
    #expect(completions.first { $0.token.slot == 3 }?.result == 2)
    #expect(completions.filter { $0.error == .canceled }.map(\.token.slot).sorted() == [1, 2])
  }

  @Test func pollsAgainAndAgain() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    try ring.submit(.poll(.file(pair.near), mask: CURING_POLLIN, options: .multishot))
    for _ in 0..<2 {
      try pair.write([1])
      let completion = try #require(try ring.next().first)
      #expect(UInt32(completion.result) & CURING_POLLIN != 0)
      #expect(completion.hasMore)
    }
    let token = Token(slot: 0, generation: 1, operation: .poll)
    try ring.submit(.removePoll(token), slot: 1)
    let last = try ring.next(2).first { $0.token == token }
    #expect(last?.error == .canceled)
    #expect(last?.hasMore == false)
  }

  @Test func readsAnEventDescriptor() throws {
    var ring = try Ring.small()
    let event = FileDescriptor(rawValue: eventfd(0, Int32(EFD_CLOEXEC)))
    defer { try? event.close() }
    let memory = Memory(of: UInt64(0))
    unsafe try ring.submit(.read(.file(event), into: memory.start, byteCount: 8))
    #expect(eventfd_write(event.rawValue, 42) == 0)
    #expect(try ring.next().first?.result == 8)
    #expect(memory.bytes == [42, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test func sendsAndReceives() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    let sent = Memory(Array("completion".utf8))
    let received = Memory([UInt8](repeating: 0, count: 32))
    unsafe try ring.submit(
      .receive(.file(pair.near), into: received.start, byteCount: 32), slot: 1)
    unsafe try ring.submit(.send(sent.start, byteCount: 10, to: .file(pair.far)), slot: 2)
    #expect(try ring.next(2).map(\.result) == [10, 10])
    #expect(received.bytes.prefix(10).elementsEqual(sent.bytes))
  }

  @Test func sendsGatheredMemory() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    let (head, tail) = (Memory([1, 2]), Memory([3]))
    let pieces = unsafe Memory(
      of: (
        iovec(iov_base: head.start, iov_len: 2), iovec(iov_base: tail.start, iov_len: 1)
      ))
    var header = unsafe msghdr()
    unsafe header.msg_iov = pieces.start.assumingMemoryBound(to: iovec.self)
    unsafe header.msg_iovlen = 2
    let message = unsafe Memory(of: header)
    unsafe try ring.submit(.sendMessage(message.start, byteCount: 3, to: .file(pair.near)))
    #expect(try ring.next().first?.result == 3)
    #expect(try pair.read(8) == [1, 2, 3])
  }

  @Test func answersWouldBlockWhenAsked() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    let memory = Memory([0])
    unsafe try ring.submit(
      .receive(.file(pair.near), into: memory.start, byteCount: 1, options: .doNotWait))
    #expect(try ring.next().first?.error == .wouldBlock)
  }

  @Test(.needs(.acceptDoNotWait)) func anAcceptAnswersWouldBlockWhenAsked() throws {
    var ring = try Ring.small()
    let listener = try PlainSocket.listening()
    try ring.submit(.accept(from: listener.target, options: .doNotWait))
    #expect(try ring.next().first?.error == .wouldBlock)
  }

  @Test(.needs(.sendZeroCopy)) func sendsWithoutCopying() throws {
    var ring = try Ring.small()
    let listener = try PlainSocket.listening()
    let client = try PlainSocket.connected(to: listener.localAddress)
    let memory = Memory([UInt8](repeating: 7, count: 4096))
    unsafe try ring.submit(.sendZeroCopy(memory.start, byteCount: 4096, to: client.target))
    let completions = try ring.next(2)
    #expect(completions.map(\.result) == [4096, 0])
    #expect(completions.map(\.hasMore) == [true, false])
    #expect(completions.last?.flags.contains(.notification) == true)
  }

  @Test(.needs(.acceptMultishot)) func acceptsAndConnects() throws {
    var ring = try Ring.small()
    let listener = try PlainSocket.listening()
    let client = try PlainSocket()
    try ring.submit(.acceptMultishot(from: listener.target), slot: 1)
    let address = Memory(try listener.localAddress)
    unsafe try ring.submit(
      .connect(client.target, to: address.start, byteCount: address.byteCount), slot: 2)
    let completions = try ring.next(2)
    #expect(completions.first { $0.token.slot == 2 }?.result == 0)
    let accepted = try #require(completions.first { $0.token.slot == 1 })
    #expect(accepted.hasMore)
    #expect(fcntl(accepted.result, F_GETFD) & FD_CLOEXEC != 0)
    try ring.submit(.close(.file(FileDescriptor(rawValue: accepted.result))), slot: 3)
    #expect(try ring.next().first?.result == 0)
  }

  @Test(.needs(.messageRing)) func sendsAMessageToAnotherRing() throws {
    var sender = try Ring.small()
    var receiver = try Ring.small()
    let token = Token(slot: 77, generation: 1, operation: .message)
    try sender.submit(.message(toRing: receiver.descriptor, token: token, value: 0x7fff_0001))
    #expect(try receiver.next() == [Completion(token: token, result: 0x7fff_0001)])
    #expect(try sender.next().first?.result == 0)
  }

  @Test func movesAPartOfMoreThanTheKernelMovesAtOnce() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    // Lent as if it were longer; the kernel writes what has arrived.
    let memory = Memory(of: UInt64(0))
    try pair.write([1, 2, 3])
    unsafe try ring.submit(.receive(.file(pair.near), into: memory.start, byteCount: 5 << 30))
    #expect(try ring.next().first?.result == 3)
    #expect(memory.bytes == [1, 2, 3, 0, 0, 0, 0, 0])
  }

  static let mistakes: [Request] = [
    .shutdown(.file(FileDescriptor(rawValue: 0)), direction: -1), .close(.direct(.max)),
    .close(.direct(-1)), .linkTimeout(after: .zero),
  ]

  @Test(.needs(.directDescriptors), arguments: mistakes)
  func answersAMistakeWithAnErrno(_ request: Request) throws {
    var ring = try Ring.small()
    try ring.makeDirectTable(capacity: 1)
    let pair = try SocketPair()
    var request = request
    if request.operation == .shutdown { request.descriptor = .file(pair.near) }
    try ring.submit(request)
    #expect(try ring.next().first?.error == .invalidArgument)
    #expect(fcntl(0, F_GETFD) != -1, "descriptor 0 is open still")
  }

  @Test func anAddressOfNoSizeIsRefused() throws {
    var ring = try Ring.small()
    let listener = try PlainSocket.listening()
    let address = Memory(try listener.localAddress)
    for byteCount in [-1, 0, 1 << 20, 1 << 40] {
      let client = try PlainSocket()
      unsafe try ring.submit(.connect(client.target, to: address.start, byteCount: byteCount))
      #expect(try ring.next().first?.error == .invalidArgument, "\(byteCount)")
    }
  }

  @Test func tellsAnUnknownDescriptor() throws {
    var ring = try Ring.small()
    try ring.submit(.shutdown(.file(FileDescriptor(rawValue: -1)), direction: 2))
    #expect(try ring.next().first?.error == .badFileDescriptor)
  }
}
