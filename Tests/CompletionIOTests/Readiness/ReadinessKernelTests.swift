// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

/// Requests on a kernel that completes them by readiness, on real sockets.
@Suite("Completions made of readiness") struct ReadinessKernelTests {
  @Test func aReceiveThatIsInTimeTriesOnceAndWaits() throws {
    var stage = try RawStage()
    let (near, far) = try SocketPair().release()
    let receive = stage.submit(.receiveMultishot(.file(near), bufferGroup: 0))
    try stage.enter()
    #expect(stage.kernel.waiting.count == 1)
    try far.writeAll("abc".utf8)
    let completion = try stage.next()
    #expect(completion.token == receive && completion.result == 3 && completion.hasMore)
    #expect(completion.bufferIndex != nil)
    try close(near, far)
  }

  @Test func theRequestsOfAClosedDescriptorGoOn() throws {
    var stage = try RawStage()
    let (near, far) = try SocketPair().release()
    let receive = stage.submit(.receive(.file(near), bufferGroup: 0))
    stage.submit(.close(.file(near)))
    #expect(try stage.next().result == 0)
    // The peer has seen no end, because the request holds the file.
    try far.writeAll("abc".utf8)
    let completion = try stage.next()
    #expect(completion.token == receive && completion.result == 3)
    // With its last request the file is closed.
    var byte: UInt8 = 0
    #expect(unsafe read(far.rawValue, &byte, 1) == 0)
    try close(far)
  }

  @Test func aNumberThatMeansAnotherFileIsWatchedAnew() throws {
    var stage = try RawStage()
    let (first, itsPeer) = try SocketPair().release()
    stage.submit(.receive(.file(first), bufferGroup: 0))
    try stage.enter()
    try itsPeer.writeAll("a".utf8)
    #expect(try stage.next().result == 1)
    // Closed behind the kernel's back, and its number given to another.
    let (second, peer) = try SocketPair().release()
    #expect(dup2(second.rawValue, first.rawValue) == first.rawValue)
    stage.submit(.receive(.file(first), bufferGroup: 0))
    try stage.enter()
    try peer.writeAll("bc".utf8)
    #expect(try stage.next().result == 2)
    try close(first, itsPeer, second, peer)
  }

  @Test func urgentDataHidesNothingBehindIt() throws {
    var stage = try RawStage()
    let listener = try PlainSocket.listening()
    let client = try PlainSocket.connected(to: listener.localAddress)
    let accepted = accept(listener.descriptor, nil, nil)
    let server = FileDescriptor(rawValue: accepted)
    stage.submit(.receiveMultishot(.file(server), bufferGroup: 0))
    try stage.enter()
    // A receive stops in front of the urgent byte, and no event comes for what is behind it.
    #expect(unsafe send(client.descriptor, "ab", 2, 0) == 2)
    #expect(unsafe send(client.descriptor, "u", 1, Int32(MSG_OOB)) == 1)
    #expect(unsafe send(client.descriptor, "cd", 2, 0) == 2)
    var count: Int32 = 0
    while count < 4 { count += try stage.next().result }
    #expect(count == 4)
    try close(server)
  }

  @Test func aSendOfAllTellsWhatWentOutWhenItIsCancelled() throws {
    var stage = try RawStage()
    let (near, far) = try SocketPair().release()
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: 8 << 20, alignment: 16)
    defer { unsafe bytes.deallocate() }
    let send = unsafe stage.submit(
      .send(bytes, byteCount: 8 << 20, to: .file(near), options: .waitForAll))
    try stage.enter()
    stage.submit(.cancel(send))
    #expect(try stage.next().result == 0)
    let completion = try stage.next()
    #expect(completion.token == send && completion.result > 0 && completion.result < 8 << 20)
    try close(near, far)
  }

  @Test func aGatheredSendReadsItsHeaderOnce() throws {
    var stage = try RawStage()
    let (near, far) = try SocketPair().release()
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: 4 << 20, alignment: 16)
    defer { unsafe bytes.deallocate() }
    for index in 0..<(4 << 20) {
      unsafe bytes.storeBytes(
        of: UInt8(truncatingIfNeeded: index >> 3), toByteOffset: index, as: UInt8.self)
    }
    let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: 2)
    defer { unsafe vectors.deallocate() }
    unsafe vectors[0] = unsafe iovec(iov_base: bytes, iov_len: 1 << 20)
    unsafe vectors[1] = unsafe iovec(iov_base: bytes + (1 << 20), iov_len: 3 << 20)
    let header = UnsafeMutablePointer<msghdr>.allocate(capacity: 1)
    defer { unsafe header.deallocate() }
    unsafe header.initialize(to: msghdr())
    unsafe header.pointee.msg_iov = unsafe vectors
    unsafe header.pointee.msg_iovlen = 2
    unsafe stage.submit(
      .sendMessage(header, byteCount: 4 << 20, to: .file(near), options: .waitForAll))
    try stage.enter()
    // The caller's again once it has been submitted (IORING_FEAT_SUBMIT_STABLE).
    unsafe vectors[1] = iovec(iov_base: nil, iov_len: 0)
    unsafe header.pointee.msg_iovlen = 0
    var received: [UInt8] = []
    while received.count < 4 << 20 {
      unsafe received += try [UInt8](unsafeUninitializedCapacity: 1 << 20) { memory, count in
        count = unsafe try far.read(into: UnsafeMutableRawBufferPointer(memory))
      }
      try stage.enter()
    }
    #expect(try stage.next().result == 4 << 20)
    let isRight = received.indices.allSatisfy {
      received[$0] == UInt8(truncatingIfNeeded: $0 >> 3)
    }
    #expect(isRight)
    try close(near, far)
  }

  @Test func anArmedReceiveDoesNotKeepOthersFromTheirTurn() throws {
    var stage = try RawStage(bufferCount: 128, bufferSize: 16)
    let (busy, busyPeer) = try SocketPair().release()
    let (quiet, quietPeer) = try SocketPair().release()
    stage.submit(.receiveMultishot(.file(busy), bufferGroup: 0))
    let other = stage.submit(.receiveMultishot(.file(quiet), bufferGroup: 0))
    try stage.enter()
    try busyPeer.writeAll([UInt8](repeating: 1, count: 16 * 100))
    try quietPeer.writeAll("q".utf8)
    var before = 0
    while try stage.next().token != other { before += 1 }
    #expect(before <= 32)
    try close(busy, busyPeer, quiet, quietPeer)
  }

  @Test func whatOnlyARingHasIsAnsweredAsByAnOldKernel() throws {
    var stage = try RawStage()
    let listener = try PlainSocket.listening()
    stage.submit(.accept(from: listener.target, options: .intoDirectTable))
    #expect(try stage.next().error == .invalidArgument)
    stage.submit(.receive(.direct(0), bufferGroup: 0))
    #expect(try stage.next().error == .badFileDescriptor)
    stage.submit(.close(.direct(0)))
    #expect(try stage.next().error == .invalidArgument)
    stage.submit(.receive(.file(FileDescriptor(rawValue: -1)), bufferGroup: 0))
    #expect(try stage.next().error == .badFileDescriptor)
  }

  @Test func aGroupWithoutBuffersIsToldAtOnce() throws {
    var stage = try RawStage(bufferCount: 1)
    let (near, far) = try SocketPair().release()
    try far.writeAll("ab".utf8)
    stage.submit(.receive(.file(near), bufferGroup: 0))
    #expect(try stage.next().result == 2)
    stage.submit(.receive(.file(near), bufferGroup: 0))
    #expect(try stage.next().error == .noBufferSpace)
    stage.submit(.receive(.file(near), bufferGroup: 7))
    #expect(try stage.next().error == .noBufferSpace)
    try close(near, far)
  }

  private func close(_ descriptors: FileDescriptor...) throws {
    for descriptor in descriptors { try descriptor.close() }
  }
}

/// A readiness kernel and its buffers, for raw requests.
private struct RawStage: ~Copyable {
  var kernel: ReadinessKernel<LinuxCalls>
  private let pool: BufferPool
  private var count: UInt32 = 0

  init(bufferCount: Int = 8, bufferSize: Int = 4096) throws {
    let calls = try LinuxCalls()
    let pool = try BufferPool(capacity: bufferCount, bufferSize: bufferSize)
    self.pool = pool
    kernel = ReadinessKernel(calls)
    kernel.provide(from: pool)
  }

  @discardableResult
  mutating func submit(_ request: Request) -> Token {
    count += 1
    let token = Token(slot: 1, generation: count, operation: request.operation)
    let isTaken = kernel.prepare(request, token: token)
    #expect(isTaken)
    return token
  }

  mutating func enter(waitingFor count: Int = 0) throws {
    _ = try kernel.enter(
      minimumCompletionCount: count, timeout: .seconds(10), minimumWait: nil)
  }

  /// The next completion, which comes within ten seconds.
  mutating func next() throws -> Completion {
    var completion = Completion(token: Token(rawValue: 0), result: 0)
    for _ in 0..<3 {
      let count = unsafe withUnsafeMutablePointer(to: &completion) { pointer in
        unsafe kernel.reap(into: UnsafeMutableBufferPointer(start: pointer, count: 1))
      }
      if count == 1 { return completion }
      try enter(waitingFor: 1)
    }
    throw Errno.timedOut
  }
}
