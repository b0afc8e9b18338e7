// SPDX-License-Identifier: Apache-2.0

import Glibc
import ReadinessEcho
import ReadinessIO
import Synchronization
import SystemPackage
import TestSupport
import Uring

/// What the thread of a server tells the one that started it.
private final class Handover: Sendable {
  private let told = Mutex<Result<ReadinessEchoControl, any Error>?>(nil)
  private let isTold = Gate()

  func give(_ result: Result<ReadinessEchoControl, any Error>) {
    told.withLock { $0 = result }
    isTold.open()
  }

  func take() throws -> ReadinessEchoControl {
    isTold.wait()
    guard let result = told.withLock({ $0 }) else { throw Errno.badMessage }
    return try result.get()
  }
}

/// An echo server on a thread of its own.
final class EchoFixture {
  let address: SocketAddress
  let control: ReadinessEchoControl
  private let thread: TestThread

  init(
    _ kind: PollerKind, at address: SocketAddress = .loopback(port: 0),
    configuration: ReadinessEchoConfiguration = ReadinessEchoConfiguration(),
    sendBufferByteCount: Int32? = nil,
    beforeServing: (SocketAddress) throws -> Void = { _ in }
  ) throws {
    let listener = try NonblockingSocket.listen(at: address)
    if var byteCount = sendBufferByteCount {
      // Accepted sockets inherit it.
      let size = socklen_t(MemoryLayout<Int32>.size)
      _ = unsafe setsockopt(
        listener.descriptor.rawValue, SOL_SOCKET, SO_SNDBUF, &byteCount, size)
    }
    self.address = try listener.localAddress
    try beforeServing(self.address)
    let handover = Handover()
    let descriptor = listener.release()
    thread = try TestThread {
      do {
        let listener = NonblockingSocket(owning: descriptor)
        switch kind {
        case .epoll:
          try Self.serve(listener, try EpollPoller(), configuration, handover)
        case .coarseEpoll:
          try Self.serve(listener, try PollerKind.coarseEpoll(), configuration, handover)
        case .ring, .tinyRing, .plainRing:
          let entryCount: UInt32 = kind == .tinyRing ? 2 : 256
          let ring = RingConfiguration(
            submissionEntryCount: entryCount, completionEntryCount: 1024,
            flagLadder: kind == .plainRing ? [[.completionQueueSize]] : SetupFlags.ladder)
          try Self.serve(listener, try RingPoller(ring: ring), configuration, handover)
        }
      } catch {
        handover.give(.failure(error))
      }
    }
    control = try handover.take()
  }

  private static func serve<P: Poller & ~Copyable>(
    _ listener: consuming NonblockingSocket, _ poller: consuming P,
    _ configuration: ReadinessEchoConfiguration,
    _ handover: Handover
  ) throws {
    var server = try ReadinessEchoServer(
      listener: listener, poller: poller, configuration: configuration)
    handover.give(.success(server.control))
    try server.run()
  }

  /// Stops the server and waits until it has closed everything.
  func stop() -> ReadinessEchoCounters {
    control.stop()
    thread.join()
    return control.counters
  }
}
