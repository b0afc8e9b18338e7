// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// What the command's arguments ask for.
struct Options {
  enum Style: String {
    case tasks, handlers
  }

  static let usage = """
    usage: HTTPServer [--port N] [--root DIR] [--style tasks|handlers] [--loops N]
                      [--head-time SECONDS] [--idle SECONDS] [--grace SECONDS]

    """

  private(set) var port: UInt16 = 8080
  private(set) var root: String?
  private(set) var style = Style.tasks
  private(set) var loopCount = 2
  private(set) var limits = ServerLimits()
  /// How long requests in flight may take when the server ends.
  private(set) var grace = Duration.seconds(10)

  /// Reads arguments; `nil` if they are none of the command's.
  init?(_ arguments: some Sequence<String>) {
    var rest = arguments.makeIterator()
    while let name = rest.next() {
      guard let value = rest.next() else { return nil }
      switch (name, Int(value)) {
      case ("--port", let number?):
        guard let port = UInt16(exactly: number) else { return nil }
        self.port = port
      case ("--root", _): root = value
      case ("--style", _):
        guard let style = Style(rawValue: value) else { return nil }
        self.style = style
      case ("--loops", let number?) where 1...64 ~= number: loopCount = number
      case ("--head-time", let number?) where 1...3600 ~= number:
        limits.headTime = .seconds(number)
      case ("--idle", let number?) where 1...3600 ~= number: limits.idleTime = .seconds(number)
      case ("--grace", let number?) where 0...3600 ~= number: grace = .seconds(number)
      default: return nil
      }
    }
  }
}
