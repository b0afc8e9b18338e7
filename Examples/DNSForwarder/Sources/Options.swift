// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// What the command's arguments ask for.
struct Options {
  static let usage = """
    usage: DNSForwarder --upstream ADDRESS:PORT [--listen ADDRESS:PORT | --port N]
                        [--cache ANSWERS] [--timeout MILLISECONDS]

    """

  private(set) var listen = SocketAddress.loopback(port: 53)
  let upstream: SocketAddress
  private(set) var cacheLimit = 10_000
  private(set) var patience = Duration.seconds(2)

  /// Reads arguments; `nil` if they are none of the command's.
  init?(_ arguments: some Sequence<String>) {
    var rest = arguments.makeIterator()
    var upstream: SocketAddress?
    while let name = rest.next() {
      guard let value = rest.next() else { return nil }
      switch (name, Int(value), try? SocketAddress(parsing: value)) {
      case ("--listen", _, let address?) where !address.isUnixDomain: listen = address
      case ("--upstream", _, let address?) where !address.isUnixDomain: upstream = address
      case ("--port", let number?, _):
        guard let port = UInt16(exactly: number) else { return nil }
        listen = .loopback(port: port)
      case ("--cache", let number?, _) where 2...1_000_000 ~= number: cacheLimit = number
      case ("--timeout", let number?, _) where 1...60_000 ~= number:
        patience = .milliseconds(number)
      default: return nil
      }
    }
    guard let upstream, upstream.port != 0 else { return nil }
    self.upstream = upstream
  }
}
