// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import ShadowsocksProtocol
import ShadowsocksRelay

/// What the command's arguments ask for.
struct Options {
  static let usage = """
    usage: shadowsocks server --listen ADDRESS:PORT --method METHOD --password PASSWORD
           shadowsocks local --listen ADDRESS:PORT --server ADDRESS:PORT --method METHOD
                             --password PASSWORD
           METHOD is \(CipherMethod.allCases.map(\.rawValue).joined(separator: " or "));
           both take [--loops N] [--handshake SECONDS] [--idle SECONDS] [--grace SECONDS]

    """

  /// Which of the two programs is to run.
  enum Role: Equatable {
    case server
    case local(server: SocketAddress)
  }

  let role: Role
  let listen: SocketAddress
  let method: CipherMethod
  let password: String
  private(set) var loopCount = 2
  private(set) var limits = RelayLimits()
  /// How long connections may go on when the program ends.
  private(set) var grace = Duration.seconds(5)

  /// Reads arguments; `nil` if they are none of the command's.
  init?(_ arguments: some Sequence<String>) {
    var rest = arguments.makeIterator()
    guard let verb = rest.next() else { return nil }
    var (listen, server): (SocketAddress?, SocketAddress?) = (nil, nil)
    var (method, password): (CipherMethod?, String?) = (nil, nil)
    while let name = rest.next() {
      guard let value = rest.next() else { return nil }
      switch (name, Int(value)) {
      case ("--listen", _): listen = Self.address(value)
      case ("--server", _) where verb == "local": server = Self.address(value)
      case ("--method", _): method = CipherMethod(rawValue: value)
      case ("--password", _): password = value.isEmpty ? nil : value
      case ("--loops", let number?) where 1...64 ~= number: loopCount = number
      case ("--handshake", let number?) where 1...3600 ~= number:
        limits.handshakeTime = .seconds(number)
      case ("--idle", let number?) where 1...86_400 ~= number: limits.idleTime = .seconds(number)
      case ("--grace", let number?) where 0...3600 ~= number: grace = .seconds(number)
      default: return nil
      }
    }
    guard let listen, let method, let password else { return nil }
    switch (verb, server) {
    case ("server", nil): role = .server
    case ("local", let server?) where server.port != 0: role = .local(server: server)
    default: return nil
    }
    (self.listen, self.method, self.password) = (listen, method, password)
  }

  private static func address(_ text: String) -> SocketAddress? {
    guard let address = try? SocketAddress(parsing: text), !address.isUnixDomain else { return nil }
    return address
  }
}
