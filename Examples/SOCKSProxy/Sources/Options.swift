// SPDX-License-Identifier: Apache-2.0

/// What the command's arguments ask for.
struct Options {
  static let usage = """
    usage: SOCKSProxy [--port N] [--loops N] [--idle SECONDS] [--grace SECONDS]

    """

  private(set) var port: UInt16 = 1080
  private(set) var loopCount = 2
  private(set) var limits = ProxyLimits()
  /// How long connections may go on when the proxy ends.
  private(set) var grace = Duration.seconds(5)

  /// Reads arguments; `nil` if they are none of the command's.
  init?(_ arguments: some Sequence<String>) {
    var rest = arguments.makeIterator()
    while let name = rest.next() {
      guard let number = rest.next().flatMap({ Int($0) }) else { return nil }
      switch name {
      case "--port":
        guard let port = UInt16(exactly: number) else { return nil }
        self.port = port
      case "--loops" where 1...64 ~= number: loopCount = number
      case "--idle" where 1...86_400 ~= number: limits.idleTime = .seconds(number)
      case "--grace" where 0...3600 ~= number: grace = .seconds(number)
      default: return nil
      }
    }
  }
}
