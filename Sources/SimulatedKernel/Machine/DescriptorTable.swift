// SPDX-License-Identifier: Apache-2.0

/// Numbers for open sockets: a process's descriptors, or a ring's direct table.
///
/// A number that was closed is given out again as soon as Linux would, so that who still uses it
/// hits a stranger.
struct DescriptorTable {
  /// Which of the free numbers is next.
  enum Order {
    /// The lowest: descriptors (alloc_fd).
    case lowest
    /// The one that was closed last, or the next free one behind the one that was opened last:
    /// direct descriptors (io_file_bitmap_get).
    case hinted
  }

  /// The first number.
  let base: Int32
  /// How many can be open at once.
  let limit: Int
  private let order: Order
  private var sockets: [SimulatedSocket?] = []
  /// Where the search for a free number starts; with ``Order/lowest`` none is free below.
  private var hint = 0
  private(set) var count = 0

  init(base: Int32, limit: Int, order: Order = .lowest) {
    self.base = base
    self.limit = limit
    self.order = order
  }

  var isFull: Bool { count >= limit }

  subscript(number: Int32) -> SimulatedSocket? {
    let index = Int(number) - Int(base)
    return sockets.indices.contains(index) ? sockets[index] : nil
  }

  /// Opens a socket; `nil` when the table is full.
  ///
  /// - Complexity: O(n) in the open sockets
  mutating func insert(_ socket: SimulatedSocket) -> Int32? {
    guard !isFull else { return nil }
    count += 1
    socket.descriptorCount += 1
    let index = freeIndex
    if index == sockets.count { sockets.append(socket) } else { sockets[index] = socket }
    hint = index + 1
    return base + Int32(index)
  }

  /// The next number to open; one is free.
  private var freeIndex: Int {
    if let index = sockets.indices.dropFirst(hint).first(where: { sockets[$0] == nil }) {
      return index
    }
    if sockets.count < limit { return sockets.count }
    return sockets.firstIndex { $0 == nil } ?? sockets.count
  }

  /// Closes a number; `nil` when it is not open.
  mutating func remove(_ number: Int32) -> SimulatedSocket? {
    guard let socket = self[number] else { return nil }
    let index = Int(number - base)
    sockets[index] = nil
    hint = order == .hinted ? index : min(hint, index)
    count -= 1
    socket.descriptorCount -= 1
    return socket
  }
}
