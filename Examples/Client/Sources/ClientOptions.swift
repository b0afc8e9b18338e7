// SPDX-License-Identifier: Apache-2.0

/// What the arguments of the command ask for.
struct ClientOptions: Equatable {
  static let usage = """
    usage: Client [--times N] [--parallel N] [--timeout SECONDS] [--retries N] http://HOST/PATH...
    """

  /// What to get, in order.
  private(set) var targets: [HTTPTarget] = []
  /// Requests at a time.
  private(set) var parallelCount = 1
  /// How long a request may take, its retries included.
  private(set) var timeout = Duration.seconds(10)
  /// Attempts beside the first.
  private(set) var retryLimit = 2

  /// Reads arguments; `nil` if they are not those of the command.
  ///
  /// - Parameter arguments: Without the program's name.
  init?(_ arguments: some Sequence<String>) {
    var once: [HTTPTarget] = []
    var times = 1
    var rest = arguments.makeIterator()
    while let argument = rest.next() {
      guard argument.hasPrefix("--") else {
        guard let target = HTTPTarget(argument) else { return nil }
        once.append(target)
        continue
      }
      guard let value = rest.next() else { return nil }
      switch (argument, Int(value), Double(value)) {
      case ("--times", let number?, _) where 1...1_000_000 ~= number: times = number
      case ("--parallel", let number?, _) where 1...1000 ~= number: parallelCount = number
      case ("--retries", let number?, _) where 0...100 ~= number: retryLimit = number
      case ("--timeout", _, let seconds?) where seconds > 0 && seconds < 1e6:
        timeout = .seconds(seconds)
      default: return nil
      }
    }
    guard !once.isEmpty else { return nil }
    for _ in 0..<times { targets += once }
  }
}
