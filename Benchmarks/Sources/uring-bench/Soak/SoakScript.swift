// SPDX-License-Identifier: Apache-2.0

/// What one connection of a soak does, decided before it is made.
struct SoakScript: Equatable, Sendable {
  /// Which of the servers it connects to.
  var server: SoakServer
  /// What it does while it lives.
  var exchange: Exchange
  /// How it ends.
  var ending: Ending
  /// Whether its task runs on its own loop's thread, or comes from another for each call.
  var isOnLoop: Bool

  enum Exchange: Equatable, Sendable {
    /// One message after the other, each awaited.
    case lockstep(count: Int, size: Int)
    /// All messages in a row, while their echoes are received.
    case pipelined(count: Int, size: Int)
    /// The same by a delegate, without a task.
    case delegate(count: Int, size: Int)
    /// Sends until nobody takes more, reads slowly, then everything.
    case slowReader(limit: Int)
    /// Waits for bytes that nobody has sent, up to a deadline, between two messages.
    case idle(count: Int, milliseconds: Int)
    /// Has receives cancelled while bytes are on their way to them.
    case cancelled(count: Int, size: Int)
  }

  enum Ending: CaseIterable, Equatable, Sendable {
    /// Ends its sending half and receives the end of the server's.
    case halfClose
    /// Closes behind the last answer.
    case close
    /// Closes behind the last answer, and waits for the server's end.
    case linger
    /// Resets behind the last answer.
    case reset
    /// Leaves in the middle: with an answer on its way, and bytes that nobody reads.
    case abandon
  }

  /// Draws a script.
  init(_ numbers: inout SoakNumbers) {
    server = SoakServer.allCases.randomElement(using: &numbers) ?? .tasks
    exchange = Self.drawExchange(&numbers)
    ending = Ending.allCases.randomElement(using: &numbers) ?? .close
    isOnLoop = numbers.chance(3, outOf: 4)
    // A delegate of a soak ends by itself, as the peer of a server that quits does.
    if case .delegate = exchange { ending = .halfClose }
    if server == .quitting { ending = .close }
  }

  /// Whether the server may be told that the connection was reset, or find nobody to send to.
  var breaksOff: Bool { ending == .reset || ending == .abandon || server == .quitting }

  private static func drawExchange(_ numbers: inout SoakNumbers) -> Exchange {
    let kind = Int.random(in: 0..<16, using: &numbers)
    let size = numbers.spread(over: 1...largestSize)
    let count = min(numbers.spread(over: 1...4096), max(1, byteLimit / size))
    switch kind {
    case 0...5: return .lockstep(count: count, size: size)
    case 6...9: return .pipelined(count: count, size: size)
    case 10, 11: return .delegate(count: count, size: size)
    case 12: return .slowReader(limit: 1 << Int.random(in: 18...22, using: &numbers))
    case 13:
      let milliseconds = numbers.spread(over: 1...64)
      return .idle(count: min(count, 4), milliseconds: milliseconds)
    default: return .cancelled(count: min(count, 64), size: min(size, 1 << 16))
    }
  }

  /// Bytes of the largest message.
  static let largestSize = 1 << 20
  /// Bytes that a connection sends at most, so that it ends with its phase.
  private static let byteLimit = 1 << 22
}
