// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// What the command's arguments ask for.
struct Options {
  enum Example: String, CaseIterable {
    case http, https, http2, websocket, grpc, hummingbird
  }

  static let usage = """
    usage: nio-examples \(Example.allCases.map(\.rawValue).joined(separator: "|")) \
    [--port N] [--kernel automatic|ring|readiness] [--threads N]

    """

  let example: Example
  private(set) var port = 0
  private(set) var kernel = KernelChoice.automatic
  private(set) var threads: Int?

  /// Reads arguments; `nil` if they are none of the command's.
  init?(_ arguments: some Sequence<String>) {
    var rest = arguments.makeIterator()
    guard let example = rest.next().flatMap(Example.init) else { return nil }
    self.example = example
    while let name = rest.next() {
      guard let value = rest.next() else { return nil }
      switch (name, value, Int(value)) {
      case ("--port", _, let number?) where 0...65_535 ~= number: port = number
      case ("--threads", _, let number?) where number > 0: threads = number
      case ("--kernel", "automatic", _): kernel = .automatic
      case ("--kernel", "ring", _): kernel = .ring
      case ("--kernel", "readiness", _): kernel = .readiness
      default: return nil
      }
    }
  }
}
