import CompletionIO
import SystemPackage
import Uring

extension Party {
  /// Sends the next bytes of the stream, all of them.
  ///
  /// - Returns: Whether all went out; if not, the stream is over.
  func send(_ byteCount: Int, timeout: Duration? = nil) async -> Bool {
    guard let outbound else { return false }
    var bytes = Content.bytes(
      of: outbound.connection, from: outbound.position, count: byteCount)
    let isWhole = await forward(bytes, timeout: timeout)
    // The memory is the program's again: whoever reads it still gets wrong bytes.
    bytes.spoil()
    return isWhole
  }

  /// Sends the bytes of an array, which are the next ones of the stream.
  func forward(_ bytes: [UInt8], timeout: Duration? = nil) async -> Bool {
    unsafe await forward(bytes.span.bytes, timeout: timeout)
  }

  /// Sends bytes that are the next ones of the stream, and tries again after what passes.
  ///
  /// - Returns: Whether all went out; if not, the stream is over.
  func forward(_ bytes: RawSpan, timeout: Duration? = nil) async -> Bool {
    guard let outbound else { return false }
    var sent = 0
    var patience = 100
    while sent < bytes.byteCount {
      let count = bytes.byteCount - sent
      let ticket = world.ledger.begin(.send)
      outbound.offer(count)
      do throws(SocketError) {
        try await connection.send(bytes.extracting(sent...), timeout: timeout)
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

  /// Sends received bytes on, which are the next ones of the stream, by giving their buffer away.
  ///
  /// - Returns: Whether they are on their way; if not, the stream is over.
  func forward(_ lease: consuming BufferLease) async -> Bool {
    guard let outbound else { return false }
    let count = lease.byteCount
    let ticket = world.ledger.begin(.queuedSend)
    outbound.offer(count)
    do throws(SocketError) {
      try await connection.send(lease)
      outbound.queue(count)
      expectOthersToTell()
      world.ledger.end(ticket, count)
      return true
    } catch {
      // What follows would be out of place.
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
    case .kernel, .cancellation, .closed, .loopStopped, .badAddress:
      return false
    }
  }
}
