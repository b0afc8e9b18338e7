// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO
internal import Synchronization

/// Carries bytes between a plain and a sealed connection, both ways, until both directions have
/// ended.
///
/// The end of a direction is passed on as the end of that direction, and the other goes on. A
/// direction receives more only when the other side has taken what was received before: it holds no
/// more than a buffer, besides what the loop receives ahead.
struct Tunnel: Sendable {
  private let plain: StreamConnection
  private let sealed: StreamConnection
  private let idleTime: Duration
  private let progress = Progress()

  /// Payloads that have moved, in both directions.
  private final class Progress: Sendable {
    let count = Atomic(0)
  }

  /// How a task of the tunnel has ended.
  private enum Part: Sendable {
    case ended
    case failed(TunnelError)
    /// The task is cancelled, or the loop is stopping.
    case stoppedWatching
  }

  init(plain: StreamConnection, sealed: StreamConnection, idleTime: Duration) {
    self.plain = plain
    self.sealed = sealed
    self.idleTime = idleTime
  }

  /// Carries bytes, and leaves both connections open.
  ///
  /// - Parameters:
  ///   - early: Opened bytes that go to the plain connection first.
  ///   - input: Of the sealed connection.
  ///   - output: Of the sealed connection.
  /// - Throws: The first failure, after both directions have ended by it; what was cut short must
  ///   not look complete then, so close with a reset.
  func carry(
    early: [UInt8], _ input: SealedInput, _ output: SealedOutput
  ) async throws(TunnelError) {
    let failure = await withTaskGroup(of: Part.self, returning: TunnelError?.self) { parts in
      parts.addTask { await Self.part { () throws(TunnelError) in try await seal(output) } }
      parts.addTask { await Self.part { () throws(TunnelError) in try await open(early, input) } }
      parts.addTask { await watch() }
      var openCount = 2
      while openCount > 0, let part = await parts.next() {
        switch part {
        case .ended: openCount -= 1
        case .failed(let error):
          parts.cancelAll()
          return error
        // The directions are ended by the same cause, and tell it.
        case .stoppedWatching: break
        }
      }
      parts.cancelAll()
      return nil
    }
    if let failure { throw failure }
  }

  private static func part(_ body: () async throws(TunnelError) -> Void) async -> Part {
    do throws(TunnelError) {
      try await body()
      return .ended
    } catch {
      return .failed(error)
    }
  }

  /// Carries what the plain connection receives.
  private func seal(_ output: SealedOutput) async throws(TunnelError) {
    var output = output
    while let bytes = try await receive() {
      try await output.send(bytes)
      progress.count.add(1, ordering: .relaxed)
    }
    try await output.finish()
  }

  /// Carries what the sealed connection receives.
  private func open(_ early: [UInt8], _ input: SealedInput) async throws(TunnelError) {
    var input = input
    try await TunnelError.onPlainSide { () throws(SocketError) in try await plain.send(early) }
    while let payload = try await input.next() {
      try await TunnelError.onPlainSide { () throws(SocketError) in try await plain.send(payload) }
      progress.count.add(1, ordering: .relaxed)
    }
    try await TunnelError.onPlainSide { () throws(SocketError) in try await plain.finishSending() }
  }

  private func receive() async throws(TunnelError) -> [UInt8]? {
    try await TunnelError.onPlainSide { () throws(SocketError) in
      guard let lease = try await plain.receive() else { return nil }
      return [UInt8](lease)
    }
  }

  /// Ends when no byte has moved for as long as the limit says, to a quarter.
  private func watch() async -> Part {
    var last = await movedCounts()
    var stillCount = 0
    while stillCount < 4 {
      do { try await plain.loop.sleep(for: idleTime / 4) } catch { return .stoppedWatching }
      let now = await movedCounts()
      stillCount = now == last ? stillCount + 1 : 0
      last = now
    }
    return .failed(.idle)
  }

  /// Numbers of which one changes whenever a byte moves, also one for a slow reader.
  private func movedCounts() async -> [Int] {
    [
      progress.count.load(ordering: .relaxed), await plain.unsentByteCount,
      await sealed.unsentByteCount,
    ]
  }
}
