// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import Synchronization
import Uring

/// The servers of a soak on one group of loops, from bind to close.
final class SoakServers: Sendable {
  private let listeners: [SoakServer: StreamListener]
  private let datagramSockets: [DatagramSocket]
  /// Where datagrams are echoed.
  let datagramAddress: SocketAddress
  private let tally: SoakTally
  private let serving = Mutex<[Task<Void, Never>]>([])

  /// Binds and serves them all.
  ///
  /// - Throws: SocketError.
  init(on group: CompletionLoopGroup, _ tally: SoakTally) async throws {
    self.tally = tally
    var listeners: [SoakServer: StreamListener] = [:]
    for server in SoakServer.allCases {
      // An abstract name needs no file.
      let address =
        server.isUnixDomain ? "unix:@uring-soak-\(getpid())-\(server.rawValue)" : "127.0.0.1:0"
      listeners[server] = try await StreamListener.bind(to: address, on: group)
    }
    datagramSockets = try await DatagramSocket.bind(to: "127.0.0.1:0", on: group)
    datagramAddress = datagramSockets[0].localAddress ?? .loopback(port: 0)
    self.listeners = listeners
    for (server, listener) in listeners { try start(server, listener) }
    for socket in datagramSockets { echo(socket) }
  }

  func address(of server: SoakServer) -> SocketAddress {
    listeners[server]?.localAddress ?? .loopback(port: 0)
  }

  /// Closes them, and returns when their tasks have ended.
  func close() async {
    for listener in listeners.values { await listener.close() }
    for socket in datagramSockets { await socket.close() }
    for task in serving.withLock({ $0 }) { await task.value }
  }

  private func start(_ server: SoakServer, _ listener: StreamListener) throws {
    switch server {
    case .handlers, .unixHandlers:
      try listener.handle(
        handler,
        ended: { [tally] error in
          if let error { tally.unexpected(error, "accepting of \(server.rawValue)") }
        })
    case .tasks, .unixTasks:
      let echo = SoakEcho()
      serve(server, listener) { try await echo.serve($0) }
    case .quitting:
      let quitter = SoakQuitter()
      serve(server, listener) { try await quitter.serve($0) }
    case .relayedTasks, .relayedUnixHandlers:
      let target = address(of: server.target ?? .tasks)
      serve(server, listener) { connection in
        let upstream = try await StreamConnection.connect(
          to: target, on: connection.loop, timeout: SoakPeer.patience)
        try await relay(between: connection, and: upstream, idleLimit: SoakPeer.patience * 2)
      }
    }
  }

  private func serve(
    _ server: SoakServer, _ listener: StreamListener,
    _ body: nonisolated(nonsending) @escaping @Sendable (StreamConnection) async throws -> Void
  ) {
    let task = Task { [tally] in
      do {
        try await listener.serve(
          onError: { _, error in Self.note(error, of: server, tally) }, body)
      } catch {
        tally.unexpected(error, "accepting of \(server.rawValue)")
      }
    }
    serving.withLock { $0.append(task) }
  }

  private var handler: StreamHandler {
    StreamHandler(
      received: { stream, chunk in stream.enqueue(chunk) },
      ended: { [tally] stream, error in
        if let error { Self.note(error, of: .handlers, tally) }
        stream.close()
      })
  }

  private func echo(_ socket: DatagramSocket) {
    let task = Task { [tally] in
      do throws(SocketError) {
        while let datagram = try await socket.receive() { try await socket.reply(datagram) }
      } catch {
        if error.cause != .closed { tally.unexpected(error, "the echo of datagrams") }
      }
    }
    serving.withLock { $0.append(task) }
  }

  /// Counts an error of a server: one by which it learns that its peer has left, or another.
  private static func note(_ error: any Error, of server: SoakServer, _ tally: SoakTally) {
    let socketError = (error as? RelayError)?.error ?? error as? SocketError
    if let socketError, socketError.meansPeerLeft {
      tally.expected(socketError)
      tally.add { $0.serverResets += 1 }
    } else {
      tally.unexpected(error, "a connection of \(server.rawValue)")
    }
  }
}
