// SPDX-License-Identifier: Apache-2.0

import ReadinessIO
import SystemPackage

/// The connections of an echo server: what is read is written back.
///
/// Knows no poller. It answers what each connection waits for next, and the server acts on it.
struct EchoConnections: ~Copyable {
  private(set) var counters = ReadinessEchoCounters()
  /// Shared by all connections: an idle one costs nothing but its place in `table`.
  private var buffer: [UInt8]
  /// Indexed by descriptor; `absent` for a descriptor that is no connection.
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
    buffer = [UInt8](repeating: 0, count: bufferByteCount)
  }

  deinit {
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
      received = try receive(from: descriptor)
      guard received > 0 else { return .end }
      counters.messageCount += 1
      counters.byteCount += UInt64(received)
      counters.kernelCallCount += 1
      let sent = try send(first: received, to: descriptor)
      guard sent < received else { return .same }
      return keep(sent..<received, for: descriptor)
    } catch .wouldBlock(.send, _) {
      return keep(0..<received, for: descriptor)
    } catch {
      return error.isWouldBlock ? .same : .end
    }
  }

  private mutating func receive(
    from descriptor: FileDescriptor
  ) throws(NonblockingSocketError) -> Int {
    var span = buffer.mutableSpan
    var memory = unsafe span.mutableBytes
    return try descriptor.asSocket { socket throws(NonblockingSocketError) in
      try socket.receive(into: &memory)
    }
  }

  private func send(
    first byteCount: Int, to descriptor: FileDescriptor
  ) throws(NonblockingSocketError) -> Int {
    try descriptor.asSocket { socket throws(NonblockingSocketError) in
      let all = unsafe buffer.span.bytes
      return try socket.send(all.extracting(first: byteCount))
    }
  }

  private mutating func keep(_ rest: Range<Int>, for descriptor: FileDescriptor) -> Next {
    table[Int(descriptor.rawValue)] = .writing(UnsentBytes(buffer[rest]))
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

extension FileDescriptor {
  /// Calls a socket's methods on a descriptor that somebody else keeps open.
  ///
  /// A ``NonblockingSocket`` is noncopyable, and no array holds one.
  func asSocket<Result>(
    _ body: (borrowing NonblockingSocket) throws(NonblockingSocketError) -> Result
  ) throws(NonblockingSocketError) -> Result {
    let socket = NonblockingSocket(owning: self)
    do throws(NonblockingSocketError) {
      let result = try body(socket)
      _ = socket.release()
      return result
    } catch {
      _ = socket.release()
      throw error
    }
  }
}
