// SPDX-License-Identifier: Apache-2.0

internal import Uring

extension [SocketAddress] {
  /// The addresses in the resolver's order, each once.
  var withoutRepeats: [SocketAddress] {
    var seen: Set<SocketAddress> = []
    return filter { seen.insert($0).inserted }
  }

  /// The addresses of a host in the order in which they are tried: the families take turns, in the
  /// resolver's order within each, and none comes twice (RFC 8305, section 4).
  ///
  /// The resolver has sorted them by how well they can be reached (RFC 6724), so its first address
  /// stays the first. A family that leads nowhere holds up every other attempt only.
  var inOrderOfAttempts: [SocketAddress] {
    let distinct = withoutRepeats
    guard let first = distinct.first else { return [] }
    let same = distinct.filter { $0.family == first.family }
    let other = distinct.filter { $0.family != first.family }
    var ordered: [SocketAddress] = []
    for index in 0..<Swift.max(same.count, other.count) {
      if index < same.count { ordered.append(same[index]) }
      if index < other.count { ordered.append(other[index]) }
    }
    return ordered
  }
}
