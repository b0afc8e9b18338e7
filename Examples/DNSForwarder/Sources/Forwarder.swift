// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Answers clients from its cache, and asks the upstream server what it does not know.
///
/// All of it happens on one loop, whose thread is the actor's: nothing is locked.
actor Forwarder {
  /// A client that waits for an answer.
  private struct Waiter {
    let asking: Query.Asking
    let client: SocketAddress
  }

  /// Questions that the upstream server is asked at a time, and clients that wait for each.
  private static let lookupLimit = 1000
  private static let waiterLimit = 1000

  nonisolated let socket: DatagramSocket
  private nonisolated let executor: LoopSerialExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let upstream: Upstream
  private let start: LoopInstant
  private var cache: Cache
  private var waiters: [Question: [Waiter]] = [:]

  /// Makes a forwarder.
  ///
  /// - Parameters:
  ///   - socket: Where clients ask.
  ///   - upstream: Whom it asks itself.
  ///   - cacheLimit: Answers that it keeps.
  init(_ socket: DatagramSocket, _ upstream: Upstream, cacheLimit: Int) {
    self.socket = socket
    self.upstream = upstream
    executor = socket.loop.serialExecutor
    start = socket.loop.now
    cache = Cache(limit: cacheLimit)
  }

  /// Serves until ``end()``; then the questions that have come are answered.
  func serve() async throws(SocketError) {
    let failure = await withDiscardingTaskGroup(returning: SocketError?.self) { lookups in
      do throws(SocketError) {
        while let datagram = try await nextDatagram() {
          guard let client = datagram.sender else { continue }
          let query = Query(datagram.withBytes { [UInt8](copying: $0) })
          if let question = answer(query, of: client) {
            lookups.addTask { await self.lookUp(question) }
          }
        }
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
    try? await socket.flush()
    await socket.close()
  }

  /// Has ``serve()`` take no more questions.
  nonisolated func end() {
    socket.stopReceiving()
  }

  /// Receives beyond errors that the answers of earlier datagrams have led to.
  private func nextDatagram() async throws(SocketError) -> Datagram? {
    while true {
      do throws(SocketError) {
        return try await socket.receive()
      } catch {
        guard [.connectionRefused, .noRouteToHost, .networkUnreachable].contains(error.errno)
        else { throw error }
      }
    }
  }

  /// Answers a query at once, if that can be.
  ///
  /// - Returns: The question that the upstream server has to be asked.
  private func answer(_ query: Query, of client: SocketAddress) -> Question? {
    switch query {
    case .ignored: return nil
    case .refused(let code, let header):
      send(Answer.refusal(code, of: header), to: client)
      return nil
    case .question(let asking):
      if let (answer, age) = cache.answer(to: asking.question, at: now) {
        send(answer.bytes(for: asking, age: age), to: client)
        return nil
      }
      return wait(Waiter(asking: asking, client: client))
    }
  }

  /// Has a client wait, with others that have asked the same.
  ///
  /// - Returns: The question, if nobody has asked it yet.
  private func wait(_ waiter: Waiter) -> Question? {
    let question = waiter.asking.question
    if let count = waiters[question]?.count {
      // Beyond the limit the client asks again, as when a datagram is lost.
      if count < Self.waiterLimit { waiters[question]?.append(waiter) }
      return nil
    }
    guard waiters.count < Self.lookupLimit else {
      send(Answer.failure(.serverFailure, for: waiter.asking), to: waiter.client)
      return nil
    }
    waiters[question] = [waiter]
    return question
  }

  private func lookUp(_ question: Question) async {
    let answer = await upstream.answer(to: question, on: socket.loop)
    if let answer { cache.insert(answer, at: now) }
    for waiter in waiters.removeValue(forKey: question) ?? [] {
      let bytes =
        answer?.bytes(for: waiter.asking) ?? Answer.failure(.serverFailure, for: waiter.asking)
      send(bytes, to: waiter.client)
    }
  }

  /// Queues an answer; one for which there is no room is lost, as datagrams are.
  private func send(_ bytes: [UInt8], to client: SocketAddress) {
    _ = socket.endpoint.enqueue(copying: bytes, to: client)
  }

  /// Seconds since the forwarder was made.
  private var now: UInt32 {
    UInt32(clamping: start.duration(to: socket.loop.now).components.seconds)
  }
}
