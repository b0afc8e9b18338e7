import CompletionIO
import Uring

/// How a server takes its connections.
enum ListeningFace: CaseIterable, Sendable {
  /// A task a connection: `serve`.
  case serving
  /// One after the other: `accept`.
  case accepting
}

extension World {
  /// Listens; nobody may be able to.
  func bind() async -> TCPListener? {
    let ticket = ledger.begin(.bind)
    do throws(SocketError) {
      let listener = try await TCPListener.bind(
        to: "127.0.0.1:0", on: group, options: scenario.options, policy: scenario.policy)
      ledger.end(ticket)
      return listener
    } catch {
      ledger.end(ticket, -1)
      ledger.check(error, under: .completion, circumstances)
      return nil
    }
  }

  /// Runs a body while every connection gets a session, then ends both.
  ///
  /// - Parameters:
  ///   - face: How connections are taken.
  ///   - leg: Whose connections they are.
  ///   - life: Microseconds after which the listener closes under those who want to connect.
  ///   - session: What a connection gets.
  ///   - body: What to do meanwhile.
  func withServer(
    _ face: ListeningFace, leg: Int = 0, life: Int? = nil,
    session: @escaping @Sendable (Party) async -> Void,
    _ body: (SocketAddress) async -> Void
  ) async {
    guard let listener = await bind() else { return }
    let serving = task(on: group.loops[0]) { [self] in
      switch face {
      case .serving: await serve(listener, leg, session)
      case .accepting: await accept(listener, leg, session)
      }
    }
    let closing = life.map { life in
      task(on: group.loops[0]) { [self] in
        await self.pause(microseconds: life, on: group.loops[0])
        listener.close()
      }
    }
    await body(listener.localAddress)
    await closing?.value
    listener.close()
    await serving.value
  }

  private func serve(
    _ listener: TCPListener, _ leg: Int, _ session: @escaping @Sendable (Party) async -> Void
  ) async {
    let ticket = ledger.begin(.accept)
    do throws(SocketError) {
      try await listener.serve { connection in
        self.ledger.note(2, 1)
        await session(Party(accepted: connection, leg: leg, in: self))
      }
      ledger.end(ticket)
    } catch {
      ledger.end(ticket, -1)
      ledger.check(error, under: .completion, circumstances)
    }
  }

  private func accept(
    _ listener: TCPListener, _ leg: Int, _ session: @escaping @Sendable (Party) async -> Void
  ) async {
    await withDiscardingTaskGroup { tasks in
      while true {
        let ticket = ledger.begin(.accept)
        do throws(SocketError) {
          let connection = try await listener.accept()
          ledger.end(ticket, 1)
          tasks.addTask(executorPreference: connection.loop) {
            let party = Party(accepted: connection, leg: leg, in: self)
            await session(party)
            await party.close()
          }
        } catch {
          ledger.end(ticket, -1)
          ledger.check(error, under: .completion, circumstances.union(.closed))
          return
        }
      }
    }
  }
}
