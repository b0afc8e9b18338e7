// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SystemPackage
import Uring

extension Endpoint {
  /// Sends the next bytes of the stream.
  ///
  /// - Returns: Whether all were sent; if not, the stream is over.
  func send(_ byteCount: Int, timeout: Duration? = nil) async -> Bool {
    guard let outbound else { return false }
    var bytes = Content.bytes(
      of: outbound.connection, from: outbound.position, count: byteCount)
    let isWhole = await forward(bytes, timeout: timeout)
    // The memory belongs to the program again: a kernel that still reads it sends wrong bytes.
    bytes.spoil()
    return isWhole
  }

  /// Sends an array, which holds the next bytes of the stream.
  func forward(_ bytes: [UInt8], timeout: Duration? = nil) async -> Bool {
    unsafe await forward(bytes.span.bytes, timeout: timeout)
  }

  /// Sends the given bytes, the next ones of the stream, and tries again after failures that pass.
  ///
  /// - Returns: Whether all were sent; if not, the stream is over.
  func forward(_ bytes: RawSpan, timeout: Duration? = nil) async -> Bool {
    guard let outbound else { return false }
    var sent = 0
    var patience = 100
    while sent < bytes.byteCount {
      let count = bytes.byteCount - sent
      let ticket = world.ledger.begin(.send)
      outbound.offer(count)
      do throws(SocketError) {
        try await send(bytes.extracting(sent...), timeout)
        outbound.settle(count, of: count)
        world.ledger.end(ticket, count)
        return true
      } catch {
        outbound.settle(error.byteCount, of: count)
        world.ledger.end(ticket, error.byteCount)
        sent += error.byteCount
        patience -= 1
        guard patience > 0, await passes(error, timeout) else { return false }
      }
    }
    return true
  }

  /// Sends in one piece, or now and then in two or three.
  private func send(_ bytes: RawSpan, _ timeout: Duration?) async throws(SocketError) {
    let (first, second) = (bytes.byteCount / 4, bytes.byteCount / 2)
    switch bytes.byteCount % 4 {
    case 1:
      try await connection.send(
        bytes.extracting(..<first), bytes.extracting(first...), timeout: timeout)
    case 2:
      try await connection.send(
        bytes.extracting(..<first), bytes.extracting(first..<second), bytes.extracting(second...),
        timeout: timeout)
    default:
      try await connection.send(bytes, timeout: timeout)
    }
  }

  /// Queues a received buffer, which holds the next bytes of the stream, and gives it away.
  ///
  /// - Returns: Whether its bytes are queued; if not, the stream is over.
  func forward(_ lease: consuming BufferLease) async -> Bool {
    guard let outbound else { return false }
    let count = lease.byteCount
    let ticket = world.ledger.begin(.queuedSend)
    outbound.offer(count)
    do throws(SocketError) {
      try await connection.enqueue(lease)
      outbound.queue(count)
      expectOthersToTell()
      world.ledger.end(ticket, count)
      return true
    } catch {
      // Bytes that followed would be in the wrong place.
      outbound.settle(error.byteCount, of: count)
      world.ledger.end(ticket, error.byteCount)
      world.ledger.check(error, under: world.scenario.policy, circumstances())
      return false
    }
  }

  /// Checks that a send may fail in this way, and waits a little if the failure may pass.
  ///
  /// - Returns: Whether to try again.
  func passes(_ error: SocketError, _ timeout: Duration?) async -> Bool {
    world.ledger.check(error, under: world.scenario.policy, circumstances(timeout: timeout))
    if error.cause == .kernel, error.errno != .resourceTemporarilyUnavailable {
      inbound?.receiverFailed()
      expectOthersToTell()
    }
    switch error.cause {
    case .timeout:
      return !world.isStopping
    case .tableFull:
      return await world.pause(microseconds: 200, on: connection.loop)
    case .kernel where error.errno == .resourceTemporarilyUnavailable:
      return await world.pause(microseconds: 200, on: connection.loop)
    case .kernel, .cancellation, .closed, .finished, .busy, .loopStopped, .badAddress, .badValue,
      .directDescriptor, .wrongThread, .unresolved, .unsuitable, .endOfStream, .tooLong, .file,
      .descriptors:
      return false
    }
  }
}
