// SPDX-License-Identifier: Apache-2.0

/// What `scale` tells a worker of its load, as one line.
///
/// Moments are on the monotonic clock, which all processes share; all numbers are nanoseconds,
/// messages, or messages a second.
enum LoadOrder: Equatable {
  /// Open the connections.
  case connect
  /// One message on each connection, `window` under way at once.
  case sweep(window: Int)
  /// `window` messages under way from now on; what comes back in the measured time counts.
  case rotate(begin: UInt64, length: UInt64, window: Int)
  /// A message every `1 / perSecond`, the first at `begin`.
  case pace(begin: UInt64, length: UInt64, perSecond: Double)
  /// Find connections that were closed, and bytes that came unasked.
  case check
  /// Close the connections, and end.
  case close

  init?(_ line: String) {
    let words = line.split(separator: " ")
    let numbers = words.dropFirst().compactMap { UInt64($0) }
    switch (words.first, words.count) {
    case ("connect", 1): self = .connect
    case ("check", 1): self = .check
    case ("close", 1): self = .close
    case ("sweep", 2) where numbers.count == 1: self = .sweep(window: Int(clamping: numbers[0]))
    case ("rotate", 4) where numbers.count == 3:
      self = .rotate(begin: numbers[0], length: numbers[1], window: Int(clamping: numbers[2]))
    case ("pace", 4):
      guard numbers.count >= 2, let perSecond = Double(words[3]) else { return nil }
      self = .pace(begin: numbers[0], length: numbers[1], perSecond: perSecond)
    default: return nil
    }
  }

  var line: String {
    switch self {
    case .connect: "connect"
    case .sweep(let window): "sweep \(window)"
    case .rotate(let begin, let length, let window): "rotate \(begin) \(length) \(window)"
    case .pace(let begin, let length, let perSecond): "pace \(begin) \(length) \(perSecond)"
    case .check: "check"
    case .close: "close"
    }
  }
}
