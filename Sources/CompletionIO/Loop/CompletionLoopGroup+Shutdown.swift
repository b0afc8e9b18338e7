// SPDX-License-Identifier: Apache-2.0

extension CompletionLoopGroup {
  /// Ends what the group serves in good order, within a limit, then closes the group.
  ///
  /// First as ``drain(grace:)``, then as ``close()``. Connections and services of datagrams that are
  /// still open at the end of the grace are ended by force: their waits throw ESHUTDOWN.
  ///
  /// - Parameter grace: How long connections and services of datagrams may take to end by themselves.
  /// - Returns: How many were ended by force.
  /// - Throws: ``LoopError`` with EDEADLK when the task that calls is one that the group serves a
  ///   connection with, because the call would wait for the end of it: make it in a task of its own.
  ///   A child of such a task is not told so, and waits for the whole grace if that task waits for it.
  public nonisolated(nonsending) func shutdown(
    grace: Duration
  ) async throws(LoopError) -> Int {
    let forcedCount = try await drain(grace: grace)
    await close()
    return forcedCount
  }

  /// Waits for a signal, then ends what the group serves in good order and closes the group.
  ///
  /// A signal that comes before this call ends the process, as before it was made; one that
  /// ``CaughtSignals`` keeps is not lost.
  ///
  /// - Parameters:
  ///   - grace: How long connections may take to end by themselves.
  ///   - signals: Any of them begins it.
  /// - Returns: How many connections were ended by force.
  /// - Throws: As ``CompletionLoop/waitForSignal(_:)`` and ``shutdown(grace:)``. When the wait fails
  ///   the group goes on.
  @available(
    *, deprecated,
    message: """
      a signal that comes before this call ends the process; make a CaughtSignals before the \
      program says that it is ready, and give it to shutdown(grace:on:)
      """
  )
  public nonisolated(nonsending) func shutdown(
    grace: Duration, on signals: [ProcessSignal]
  ) async throws(LoopError) -> Int {
    _ = try await loops[0].waitForSignal(signals)
    return try await shutdown(grace: grace)
  }

  /// Waits for a signal that is kept, then ends what the group serves in good order and closes the
  /// group.
  ///
  /// ```swift
  /// let signals = try CaughtSignals([.terminate, .interrupt])
  /// print("listening on \(listener.localAddress)")
  /// let forcedCount = try await group.shutdown(grace: .seconds(10), on: signals)
  /// ```
  ///
  /// - Parameters:
  ///   - grace: How long connections and services of datagrams may take to end by themselves.
  ///   - signals: The next of them begins it, also one that has come before the call.
  /// - Returns: How many were ended by force.
  /// - Throws: As ``CaughtSignals/next(on:)`` and ``shutdown(grace:)``. When the wait fails the group
  ///   goes on.
  public nonisolated(nonsending) func shutdown(
    grace: Duration, on signals: CaughtSignals
  ) async throws(LoopError) -> Int {
    _ = try await signals.next(on: loops[0])
    return try await shutdown(grace: grace)
  }

  /// Ends what the group serves in good order, within a limit; its loops go on.
  ///
  /// The listeners of the group close. Bodies are told (``StreamConnection/onListenerClose(_:)``),
  /// and a connection that waits for its next request ends
  /// (``StreamConnection/receiveUnlessDraining(timeout:)``). What runs goes on: bodies may finish
  /// their work, tell their peers, and use other connections of the group.
  ///
  /// Bound sockets of datagrams receive no more: ``DatagramSocket/receive(timeout:)`` returns `nil`,
  /// and a ``DatagramHandler`` is told the end. One on which somebody has received is a service: it
  /// may go on to send, and is waited for until it is closed.
  ///
  /// Returns when every accepted connection and every service of datagrams is closed and every body
  /// has returned, when the grace is over, or when the calling task is cancelled.
  ///
  /// - Parameter grace: How long connections and services of datagrams may take to end by themselves.
  /// - Returns: How many have not ended.
  /// - Throws: ``LoopError`` with EDEADLK when the task that calls is one that the group serves a
  ///   connection with, because the call would wait for the end of it: make it in a task of its own.
  ///   A child of such a task is not told so, and waits for the whole grace if that task waits for it.
  public nonisolated(nonsending) func drain(grace: Duration) async throws(LoopError) -> Int {
    guard await !servesCaller() else { throw LoopError(.waitsForItself) }
    var waits: [(CompletionLoop, WaitID)] = []
    for loop in loops {
      let wait = await loop.isolation.run { _ in loop.startDraining(grace: grace) }
      if let wait { waits.append((loop, wait)) }
    }
    var leftCount = 0
    for (loop, wait) in waits {
      leftCount += await loop.isolation.run { _ in await loop.finishDraining(wait) }
    }
    return leftCount
  }

  /// Whether the calling task is one whose end the end of the group waits for.
  nonisolated(nonsending) func servesCaller() async -> Bool {
    // A task is a job for all its life, by which streams know their tasks.
    let job = unsafe withUnsafeCurrentTask { task in
      unsafe task.map { unsafe unsafeBitCast($0, to: UInt.self) }
    }
    guard let job else { return false }
    for loop in loops {
      let isServed = await loop.isolation.run { _ in
        loop.registry.all.contains { $0.isServed(by: job) }
      }
      if isServed { return true }
    }
    return false
  }
}

extension CompletionLoopGroup {
  /// Runs a body with loops of its own, and closes them when it returns or throws.
  ///
  /// - Parameters:
  ///   - count: How many loops; one for each processor if `nil`.
  ///   - configuration: How each is made.
  ///   - body: Called with the group, in the calling task.
  /// - Returns: What the body returns.
  /// - Throws: `RingSetupError` when a ring cannot be made; what the body throws.
  public nonisolated(nonsending) static func with<Value>(
    count: Int? = nil, configuration: LoopConfiguration = LoopConfiguration(),
    _ body: nonisolated(nonsending) (CompletionLoopGroup) async throws -> Value
  ) async throws -> Value {
    let group = try CompletionLoopGroup(count: count, configuration: configuration)
    do {
      let value = try await body(group)
      await group.close()
      return value
    } catch {
      await group.close()
      throw error
    }
  }
}
