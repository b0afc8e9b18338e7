// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// Carries bytes between two connections, both ways, until both directions have ended.
///
/// The end of a direction is passed on as the end of that direction, and the other goes on. A
/// connection that fails, or is reset, ends the relay and resets the other: what was cut short never
/// looks complete. A side that does not read stops its peer's side from being read, so that memory
/// does not grow with what waits: each direction holds at most
/// ``LoopConfiguration/unclaimedByteLimit`` and ``LoopConfiguration/unsentByteLimit``, and, in a long
/// transfer, a pipe of 1 MiB in the kernel.
///
/// Both connections are the relay's from the call on, and closed when it returns or throws. They may
/// belong to different loops.
///
/// - Parameters:
///   - first: One side.
///   - second: The other side.
///   - idleLimit: How long neither direction may move a byte, to a quarter; `nil` for as long as it
///     takes.
/// - Returns: The bytes that each direction has carried.
/// - Throws: ``RelayError``, which says on which side what went wrong: any error of a receive or a
///   send, ECANCELED when the calling task is cancelled, and ETIMEDOUT at the idle limit.
@discardableResult
public nonisolated(nonsending) func relay(
  between first: StreamConnection, and second: StreamConnection, idleLimit: Duration? = nil
) async throws(RelayError) -> RelayCounts {
  let relay = Relay(first, second, idleLimit: idleLimit)
  return try await relay.runAndClose()
}

/// Carries bytes as ``relay(between:and:idleLimit:)`` does, trying a pipe after fewer bytes than pays.
///
/// - Parameters:
///   - first: One side.
///   - second: The other side.
///   - idleLimit: How long neither direction may move a byte.
///   - byteCount: Bytes that must come in full buffers in a row before a pipe is tried.
/// - Returns: The bytes that each direction has carried.
/// - Throws: ``RelayError``.
package nonisolated(nonsending) func relay(
  between first: StreamConnection, and second: StreamConnection, idleLimit: Duration?,
  pipeAfter byteCount: Int
) async throws(RelayError) -> RelayCounts {
  let way = RelayWay.buffers(fullByteCount: 0, needed: byteCount)
  return try await Relay(first, second, idleLimit: idleLimit, way: way).runAndClose()
}

/// The bytes that a relay has carried.
public struct RelayCounts: Hashable, Sendable {
  /// Bytes from the first connection that were queued to the second.
  public let firstToSecond: UInt64
  /// Bytes from the second connection that were queued to the first.
  public let secondToFirst: UInt64
}

/// Why a relay ended before both of its directions had.
public struct RelayError: Error, Hashable, Sendable {
  /// The connection that failed; `nil` at the idle limit, which is both's.
  public let side: Side?
  /// The failure.
  public let error: SocketError
  /// The bytes that were carried before.
  public let counts: RelayCounts

  /// One of the connections of a relay.
  public enum Side: Hashable, Sendable {
    case first, second
  }
}

extension RelayError: CustomStringConvertible {
  /// The side and its error, in one line.
  public var description: String {
    switch side {
    case .first: "relay ended by its first connection: \(error)"
    case .second: "relay ended by its second connection: \(error)"
    case nil: "relay ended: \(error)"
    }
  }
}

/// A relay at work.
final class Relay: Sendable {
  private let first: StreamConnection
  private let second: StreamConnection
  private let idleLimit: Duration?
  private let way: RelayWay
  private let progress = RelayProgress()
  /// Bytes that each side has sent and that were received before.
  private let unread: (first: LeaseBox?, second: LeaseBox?)

  typealias Ending = (side: RelayError.Side?, error: SocketError)

  /// Readies a relay, whose directions begin in a way.
  init(
    _ first: StreamConnection, _ second: StreamConnection, idleLimit: Duration?,
    way: RelayWay = RelayWay(), unread: (LeaseBox?, LeaseBox?) = (nil, nil)
  ) {
    self.way = way
    self.unread = unread
    self.first = first
    self.second = second
    self.idleLimit = idleLimit
  }

  private var counts: RelayCounts {
    RelayCounts(firstToSecond: progress.count(.first), secondToFirst: progress.count(.second))
  }

  nonisolated(nonsending) func runAndClose() async throws(RelayError) -> RelayCounts {
    let failure = await run()
    await first.close()
    await second.close()
    guard let failure else { return counts }
    throw RelayError(side: failure.side, error: failure.error, counts: counts)
  }

  /// Returns when both directions have ended, or one connection has failed.
  private nonisolated(nonsending) func run() async -> Ending? {
    await withTaskGroup(of: Part.self) { parts in
      parts.addTask { await self.carry(from: .first) }
      parts.addTask { await self.carry(from: .second) }
      if let idleLimit { parts.addTask { await self.watch(idleLimit) } }
      var openCount = 2
      var failure: Ending?
      while openCount > 0, let part = await parts.next() {
        switch part {
        case .ended: openCount -= 1
        case .failed(let side, let error):
          openCount -= 1
          failure = failure ?? (side, error)
          resetBoth()
        case .idle:
          failure = failure ?? (nil, SocketError(.receive, .timedOut, cause: .timeout))
          resetBoth()
        // The directions are ended by the same cause, and tell it.
        case .stoppedWatching: break
        }
      }
      parts.cancelAll()
      return failure
    }
  }

  /// How one of a relay's tasks has ended.
  private enum Part: Sendable {
    case ended
    case failed(RelayError.Side, SocketError)
    case idle
    /// The task is cancelled, or the loop is stopping.
    case stoppedWatching
  }

  /// A failure of one side must not look like an end on the other.
  private func resetBoth() {
    first.reset()
    second.reset()
  }

  /// Carries one direction to its end.
  private func carry(from side: RelayError.Side) async -> Part {
    let (source, target) = side == .first ? (first, second) : (second, first)
    // Twice as often as the idle limit looks.
    let direction = RelayDirection(
      from: source, side, to: target, progress, reportInterval: idleLimit.map { $0 / 8 })
    let loss = await direction.carry(way, behind: side == .first ? unread.first : unread.second)
    return loss.map { .failed($0.side, $0.error) } ?? .ended
  }

  /// Ends when no byte has moved for as long as the limit says.
  ///
  /// Looks four times in that time, so that nothing has to be noted with each byte.
  private func watch(_ limit: Duration) async -> Part {
    var last = await movedByteCounts()
    var stillCount = 0
    while stillCount < 4 {
      do { try await first.loop.sleep(for: limit / 4) } catch { return .stoppedWatching }
      let now = await movedByteCounts()
      stillCount = now == last ? stillCount + 1 : 0
      last = now
    }
    return .idle
  }

  /// Numbers that change whenever a byte moves: also one that was queued long ago for a slow reader.
  private func movedByteCounts() async -> [Int] {
    [
      Int(progress.count(.first)), Int(progress.count(.second)), await first.unsentByteCount,
      await second.unsentByteCount,
    ]
  }
}
