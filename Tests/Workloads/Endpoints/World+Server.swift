// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SystemPackage
import Uring

/// How a server accepts connections.
enum AcceptStyle: CaseIterable, Sendable {
  /// By `serve`, with a task for each connection.
  case serving
  /// By `accept`, one after the other.
  case accepting
}

extension World {
  /// Listens; returns `nil` if that fails.
  func bind() async -> StreamListener? {
    let ticket = ledger.begin(.bind)
    do throws(SocketError) {
      let listener = try await StreamListener.bind(
        to: "127.0.0.1:0", on: group, options: scenario.options, policy: scenario.policy)
      ledger.end(ticket)
      return listener
    } catch {
      ledger.end(ticket, -1)
      ledger.check(error, under: .completion, circumstances)
      return nil
    }
  }

  /// Runs a body while a server runs a session for each connection, then ends the server.
  ///
  /// - Parameters:
  ///   - style: How the server accepts connections.
  ///   - leg: The number of the leg that the connections are.
  ///   - life: Microseconds after which the listener closes, even while clients connect.
  ///   - session: Runs for each connection.
  ///   - body: Runs meanwhile, with the address of the listener.
  func withServer(
    _ style: AcceptStyle, leg: Int = 0, life: Int? = nil,
    session: @escaping @Sendable (Endpoint) async -> Void,
    _ body: (SocketAddress) async -> Void
  ) async {
    guard let listener = await bind() else { return }
    let serving = task(on: group.loops[0]) { [self] in
      switch style {
      case .serving: await serve(listener, leg, session)
      case .accepting: await accept(listener, leg, session)
      }
    }
    let closing = life.map { life in
      task(on: group.loops[0]) { [self] in
        await self.pause(microseconds: life, on: group.loops[0])
        listener.abort()
      }
    }
    await body(listener.localAddress)
    await closing?.value
    listener.abort()
    await serving.value
  }

  private func serve(
    _ listener: StreamListener, _ leg: Int, _ session: @escaping @Sendable (Endpoint) async -> Void
  ) async {
    let ticket = ledger.begin(.accept)
    do throws(SocketError) {
      try await listener.serve(
        limits: ServeLimits(), startingTasks: scenario.taskStart
      ) { connection in
        self.ledger.note(2, 1)
        await session(Endpoint(accepted: connection, leg: leg, in: self))
      }
      ledger.end(ticket)
    } catch {
      ledger.end(ticket, -1)
      ledger.check(error, under: .completion, circumstances)
    }
  }

  private func accept(
    _ listener: StreamListener, _ leg: Int, _ session: @escaping @Sendable (Endpoint) async -> Void
  ) async {
    await withDiscardingTaskGroup { tasks in
      while true {
        let ticket = ledger.begin(.accept)
        do throws(SocketError) {
          let connection = try await listener.accept()
          ledger.end(ticket, 1)
          tasks.addTask(executorPreference: connection.loop) {
            let endpoint = Endpoint(accepted: connection, leg: leg, in: self)
            await session(endpoint)
            await endpoint.close()
          }
        } catch {
          ledger.end(ticket, -1)
          ledger.check(error, under: scenario.policy, circumstances.union(.closed))
          // Whoever has connected would wait for ever at a listener that nobody serves.
          guard error.errno == .resourceTemporarilyUnavailable else { return listener.abort() }
          await self.pause(microseconds: 5000, on: group.loops[0])
        }
      }
    }
  }
}
