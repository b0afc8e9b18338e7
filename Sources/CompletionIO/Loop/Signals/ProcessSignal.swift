// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A signal to the process that a program can wait for: ``CompletionLoop/waitForSignal(_:)``.
public struct ProcessSignal: RawRepresentable, Hashable, Sendable {
  /// The number, as in signal(7).
  public let rawValue: Int32

  /// Names a signal by its number.
  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// SIGTERM, by which service managers end a program.
  public static let terminate = ProcessSignal(rawValue: SIGTERM)
  /// SIGINT, by which a terminal's Ctrl-C ends it.
  public static let interrupt = ProcessSignal(rawValue: SIGINT)
  /// SIGQUIT, a terminal's Ctrl-\.
  public static let quit = ProcessSignal(rawValue: SIGQUIT)
  /// SIGHUP, the end of a terminal, or by convention a wish that configuration be read anew.
  public static let hangUp = ProcessSignal(rawValue: SIGHUP)
  /// SIGUSR1, of the program's own meaning.
  public static let user1 = ProcessSignal(rawValue: SIGUSR1)
  /// SIGUSR2, of the program's own meaning.
  public static let user2 = ProcessSignal(rawValue: SIGUSR2)

  /// The signal's place in a set of signals; `nil` for a number that is no signal's.
  var bit: UInt64? {
    (1...64).contains(rawValue) ? 1 << UInt64(rawValue - 1) : nil
  }
}

extension ProcessSignal: CustomStringConvertible {
  /// The usual name of those that have one here, else the number.
  public var description: String {
    switch self {
    case .terminate: "SIGTERM"
    case .interrupt: "SIGINT"
    case .quit: "SIGQUIT"
    case .hangUp: "SIGHUP"
    case .user1: "SIGUSR1"
    case .user2: "SIGUSR2"
    default: "signal \(rawValue)"
    }
  }
}
