internal import SystemPackage

/// The connections of an echo server: what is read is written back.
///
/// Knows no poller. It answers what each connection waits for next, and the server acts on it.
@safe
struct EchoConnections: ~Copyable {
  private(set) var counters = ReadinessEchoCounters()
  /// Shared by all connections: an idle one costs nothing but its place in `table`.
  private let buffer: UnsafeMutableRawBufferPointer
  /// Indexed by descriptor; `nil` for a descriptor that is no connection.
  private var table: [State] = []
  private(set) var count = 0

  /// What a connection is up to.
  private enum State {
    case absent
    case reading
    /// The peer does not take what it sent; until it does, no more is read.
    case writing(UnsentBytes)
  }

  /// What a connection waits for next.
  enum Next {
    case same
    case readable
    case writable
    case end
  }

  init(bufferByteCount: Int) {
    unsafe buffer = .allocate(byteCount: bufferByteCount, alignment: 16)
  }

  deinit {
    unsafe buffer.deallocate()
    for index in table.indices {
      if case .absent = table[index] { continue }
      try? FileDescriptor(rawValue: Int32(index)).close()
    }
  }

  /// Every connection's descriptor.
  ///
  /// - Complexity: O(highest descriptor)
  var descriptors: [FileDescriptor] {
    table.indices.compactMap { index in
      if case .absent = table[index] { return nil }
      return FileDescriptor(rawValue: Int32(index))
    }
  }

  /// Takes over a connection's descriptor.
  mutating func add(_ descriptor: FileDescriptor) {
    let slot = Int(descriptor.rawValue)
    if slot >= table.count {
      let newCount = max(64, slot + 1, table.count * 2)
      table.append(contentsOf: repeatElement(.absent, count: newCount - table.count))
    }
    table[slot] = .reading
    count += 1
    counters.acceptedCount += 1
  }

  /// Closes a connection.
  mutating func remove(_ descriptor: FileDescriptor) {
    table[Int(descriptor.rawValue)] = .absent
    count -= 1
    try? descriptor.close()
  }

  /// Goes on with a connection that is ready, by one receive or one send of what is left.
  mutating func advance(_ descriptor: FileDescriptor) -> Next {
    switch table[Int(descriptor.rawValue)] {
    case .reading: echo(descriptor)
    case .writing(let unsent): flush(unsent, to: descriptor)
    case .absent: .same
    }
  }

  private mutating func echo(_ descriptor: FileDescriptor) -> Next {
    var received = 0
    do throws(NonblockingSocketError) {
      counters.kernelCallCount += 1
      received = try unsafe SocketCalls.receive(from: descriptor, into: buffer)
      guard received > 0 else { return .end }
      counters.messageCount += 1
      counters.byteCount += UInt64(received)
      counters.kernelCallCount += 1
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<received])
      let sent = try unsafe SocketCalls.send(bytes, to: descriptor)
      guard sent < received else { return .same }
      return unsafe keep(UnsafeRawBufferPointer(rebasing: bytes[sent...]), for: descriptor)
    } catch .wouldBlock(.send, _) {
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<received])
      return unsafe keep(bytes, for: descriptor)
    } catch {
      return error.isWouldBlock ? .same : .end
    }
  }

  private mutating func keep(_ rest: UnsafeRawBufferPointer, for descriptor: FileDescriptor) -> Next
  {
    table[Int(descriptor.rawValue)] = .writing(unsafe UnsentBytes(rest))
    return .writable
  }

  private mutating func flush(_ unsent: UnsentBytes, to descriptor: FileDescriptor) -> Next {
    do throws(NonblockingSocketError) {
      counters.kernelCallCount += 1
      guard try unsent.send(to: descriptor) else { return .same }
      table[Int(descriptor.rawValue)] = .reading
      return .readable
    } catch {
      return error.isWouldBlock ? .same : .end
    }
  }
}
