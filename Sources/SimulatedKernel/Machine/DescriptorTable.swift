/// Numbers for open sockets: a process's descriptors, or a ring's direct table.
struct DescriptorTable {
  /// The first number.
  let base: Int32
  /// How many can be open at once.
  let limit: Int
  private var sockets: [SimulatedSocket?] = []
  /// Given back, the last one first, so that a number that is used after its close hits a stranger.
  private var free: [Int32] = []
  private(set) var count = 0

  init(base: Int32, limit: Int) {
    self.base = base
    self.limit = limit
  }

  var isFull: Bool { count >= limit }

  subscript(number: Int32) -> SimulatedSocket? {
    let index = Int(number) - Int(base)
    return sockets.indices.contains(index) ? sockets[index] : nil
  }

  /// Opens a socket; `nil` when the table is full.
  mutating func insert(_ socket: SimulatedSocket) -> Int32? {
    guard !isFull else { return nil }
    count += 1
    socket.descriptorCount += 1
    if let number = free.popLast() {
      sockets[Int(number - base)] = socket
      return number
    }
    sockets.append(socket)
    return base + Int32(sockets.count - 1)
  }

  /// Closes a number; `nil` when it is not open.
  mutating func remove(_ number: Int32) -> SimulatedSocket? {
    guard let socket = self[number] else { return nil }
    sockets[Int(number - base)] = nil
    free.append(number)
    count -= 1
    socket.descriptorCount -= 1
    return socket
  }
}
