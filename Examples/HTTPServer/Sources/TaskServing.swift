// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// The server with a task for each connection: what comes one after the other is written so.
struct TaskServing: Sendable {
  let service: Service
  let limits: ServerLimits

  /// Serves the connections of a listener until it closes.
  func serve(_ listener: StreamListener) async throws(SocketError) {
    let limits = ServeLimits(idleTime: limits.idleTime, sendTime: limits.sendTime)
    // What a peer's connection ends with is the peer's own affair.
    try await listener.serve(limits: limits) { try await serve($0) }
  }

  /// Answers the requests of a connection, one after the other.
  private func serve(_ connection: StreamConnection) async throws {
    var parser = RequestParser(limits.parser)
    do {
      while let request = try await nextRequest(on: connection, &parser) {
        let answer = service.answer(to: request)
        try await send(answer, on: connection)
        if answer.isLast { return await connection.close(lingering: LingerLimit()) }
      }
    } catch let error as RequestError {
      try await send(service.answer(to: error), on: connection)
      // The peer may still send, and would lose the answer to a reset.
      await connection.close(lingering: LingerLimit())
    }
  }

  /// Receives until a request is complete.
  ///
  /// - Returns: The request; `nil` when there is no other.
  private func nextRequest(
    on connection: StreamConnection, _ parser: inout RequestParser
  ) async throws -> Request? {
    var headDeadline: LoopInstant?
    while true {
      switch try parser.next() {
      case .request(let request): return request
      case .awaitsContinue: try await connection.send(Answer.goOn)
      case nil:
        if parser.isInHead, !parser.isIdle, headDeadline == nil {
          headDeadline = connection.loop.now + limits.headTime
        }
        guard let bytes = try await receive(on: connection, parser, headDeadline) else {
          return nil
        }
        parser.append(bytes.bytes)
      }
    }
  }

  /// Receives the next bytes, in the time that their place in a request has.
  private func receive(
    on connection: StreamConnection, _ parser: borrowing RequestParser,
    _ headDeadline: LoopInstant?
  ) async throws -> BufferLease? {
    guard !parser.isIdle else { return try await connection.receiveUnlessDraining() }
    guard parser.isInHead, let headDeadline else {
      return try await connection.receive(timeout: limits.idleTime)
    }
    do throws(SocketError) {
      return try await connection.receive(until: headDeadline)
    } catch {
      guard error.cause == .timeout else { throw error }
      throw RequestError(.requestTimeout, "the head of the request came too slowly")
    }
  }

  private func send(_ answer: Answer, on connection: StreamConnection) async throws(SocketError) {
    try await connection.send(answer.bytes)
    guard let file = answer.file else { return }
    // The time for a send is for each part, so that a long file may take long.
    for offset in stride(from: 0, to: file.byteCount, by: ServerLimits.filePartByteCount) {
      let count = min(ServerLimits.filePartByteCount, file.byteCount - offset)
      try await connection.sendFile(file.descriptor, offset: offset, byteCount: count)
    }
  }
}
