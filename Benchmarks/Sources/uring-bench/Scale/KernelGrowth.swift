// SPDX-License-Identifier: Apache-2.0

/// What the kernel's memory has grown by for each of some connections.
struct KernelGrowth: Encodable, Equatable {
  struct Cache: Encodable, Equatable {
    let name: String
    /// Bytes for a connection: of both ends, and of the server's.
    let bothEnds: Double
    let serverEnd: Double
  }

  /// Bytes for a connection.
  let bothEnds: Double
  /// Nil where the caches are not told apart.
  let serverEnd: Double?
  /// The largest first.
  let caches: [Cache]

  /// Nil when the two were not read alike, when other programs have disturbed them, or when there
  /// are no connections.
  ///
  /// - Parameters:
  ///   - before: The memory before the first connection.
  ///   - after: The memory with all of them.
  ///   - connections: How many there are.
  ///   - serverUsesEpoll: Whether the server, like the load, has its connections in epoll.
  init?(
    from before: KernelMemory?, to after: KernelMemory?, connections: Int, serverUsesEpoll: Bool
  ) {
    guard connections > 0 else { return nil }
    switch (before, after) {
    case (.total(let before), .total(let after)):
      bothEnds = Double(after - before) / Double(connections)
      serverEnd = nil
      caches = []
    case (.caches(let before), .caches(let after)):
      guard Self.isUndisturbed(from: before, to: after, connections) else { return nil }
      let grown = after.caches.compactMap { name, cache in
        Self.growth(
          of: name, from: before.caches[name]?.objects ?? 0, to: cache, connections,
          serverUsesEpoll)
      }
      caches = grown.sorted { ($0.bothEnds, $1.name) > ($1.bothEnds, $0.name) }
      bothEnds = caches.reduce(0) { $0 + $1.bothEnds }
      serverEnd = caches.reduce(0) { $0 + $1.serverEnd }
    default: return nil
    }
  }

  /// Whether there are two sockets more for each connection: other programs have sockets too, and
  /// the kernel frees those of ended ones when it likes.
  private static func isUndisturbed(
    from before: SlabInfo, to after: SlabInfo, _ connections: Int
  ) -> Bool {
    guard let sockets = after.caches["TCP"] else { return true }
    let grown = sockets.objects - (before.caches["TCP"]?.objects ?? 0)
    return (1.8...2.2).contains(Double(grown) / Double(connections))
  }

  /// A cache that has at least an object more for every fourth connection; nil for others, which
  /// have grown for another reason.
  private static func growth(
    of name: String, from before: Int, to cache: SlabInfo.Cache, _ connections: Int,
    _ serverUsesEpoll: Bool
  ) -> Cache? {
    let objects = Double(cache.objects - before) / Double(connections)
    guard objects >= 0.25, let owner = CacheOwner(of: name, objectsPerConnection: objects) else {
      return nil
    }
    let bytes = objects * Double(cache.objectBytes)
    let share = owner.serverShare(serverUsesEpoll: serverUsesEpoll)
    return Cache(name: name, bothEnds: bytes, serverEnd: bytes * share)
  }
}
