// SPDX-License-Identifier: Apache-2.0

import ReadinessIO
import Synchronization
import SystemPackage
import Uring

/// The library's readiness model, on epoll or on a ring: a server on a thread for each loop.
struct ReadinessEngine: EchoEngine {
  enum PollerKind {
    case epoll, ring
  }

  let port: UInt16
  private let controls: [ReadinessEchoControl]

  /// - Throws: RingSetupError, NonblockingSocketError, Errno.
  init(_ configuration: EngineConfiguration, poller: PollerKind) throws {
    var endpoint = configuration.endpoint
    var controls: [ReadinessEchoControl] = []
    for _ in 0..<configuration.loops {
      let server = ReadinessThread(configuration, endpoint, poller)
      let started = try server.start()
      // The first listener chooses the port, the others share it.
      endpoint = IPv4Endpoint(address: endpoint.address, port: started.port)
      controls.append(started.control)
    }
    port = endpoint.port
    self.controls = controls
  }

  func counters() -> EngineCounters {
    var total = EngineCounters(kernelCalls: 0)
    for one in controls.map(\.counters) {
      total.accepted += one.acceptedCount
      total.messages += one.messageCount
      total.bytes += one.byteCount
      total.kernelCalls = (total.kernelCalls ?? 0) + one.kernelCallCount
    }
    return total
  }

  func stop() { for control in controls { control.stop() } }
}

/// One server; everything but its control stays on the thread.
private struct ReadinessThread: Sendable {
  typealias Started = (port: UInt16, control: ReadinessEchoControl)

  let configuration: EngineConfiguration
  let endpoint: IPv4Endpoint
  let poller: ReadinessEngine.PollerKind

  init(
    _ configuration: EngineConfiguration, _ endpoint: IPv4Endpoint,
    _ poller: ReadinessEngine.PollerKind
  ) {
    self.configuration = configuration
    self.endpoint = endpoint
    self.poller = poller
  }

  func start() throws -> Started {
    try Waiting.value(of: "a poller's thread") { started in
      try SmallThread.start(stackBytes: 1 << 20) {
        do {
          switch poller {
          case .epoll: try serve(try EpollPoller(), started)
          case .ring: try serve(try RingPoller(), started)
          }
        } catch {
          started(.failure(error))
        }
      }
    }
  }

  private func serve<P: Poller & ~Copyable>(
    _ poller: consuming P, _ started: (Result<Started, any Error>) -> Void
  ) throws {
    let address = try SocketAddress(parsing: endpoint.description)
    let listener = try NonblockingSocket.listen(
      at: address, backlog: configuration.backlog, sharesPort: configuration.loops > 1)
    if let bytes = configuration.socketBufferSize {
      TCP.setBuffers(of: listener.descriptor.rawValue, to: bytes)
    }
    let port = try listener.localAddress.port ?? 0
    var sizes = ReadinessEchoConfiguration()
    if let bytes = configuration.bufferSize { sizes.bufferByteCount = bytes }
    var server = try ReadinessEchoServer(
      listener: listener, poller: poller, configuration: sizes)
    started(.success((port, server.control)))
    do { try server.run() } catch { StandardLines.report("serving ended: \(error)") }
  }
}
