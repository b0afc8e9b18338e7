// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// A stream's own address, shared by the streams of a listener that have the same.
final class SharedAddress: Sendable {
  let address: SocketAddress?

  init(_ address: SocketAddress?) {
    self.address = address
  }
}

/// The address of a stream's peer in one word: an IPv4 address is in it, another is behind it.
enum StreamPeer: Sendable {
  /// The kernel did not tell.
  case unknown
  case ipv4(host: UInt32, port: UInt16)
  /// An IPv4 address as a socket of both families has it (RFC 4291, 2.5.5.2).
  case mapped(host: UInt32, port: UInt16)
  case compact(CompactPeer)
  case long(LongPeer)

  final class CompactPeer: Sendable {
    let address: CompactAddress

    init(_ address: CompactAddress) {
      self.address = address
    }
  }

  final class LongPeer: Sendable {
    let address: SocketAddress

    init(_ address: SocketAddress) {
      self.address = address
    }
  }

  init(_ address: SocketAddress?) {
    guard let address else {
      self = .unknown
      return
    }
    switch address.shortForm {
    case (let host, let port, isMapped: false)?: self = .ipv4(host: host, port: port)
    case (let host, let port, isMapped: true)?: self = .mapped(host: host, port: port)
    case nil:
      self = CompactAddress(address).map { .compact(CompactPeer($0)) } ?? .long(LongPeer(address))
    }
  }

  var address: SocketAddress? {
    switch self {
    case .unknown: nil
    case .ipv4(let host, let port):
      SocketAddress(shortForm: host, port: port, isMapped: false)
    case .mapped(let host, let port):
      SocketAddress(shortForm: host, port: port, isMapped: true)
    case .compact(let peer): peer.address.address
    case .long(let peer): peer.address
    }
  }
}
