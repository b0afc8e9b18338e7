// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Uring

/// Things that requests are made on. The ring keeps them, so that no request outlives them.
extension RawRing {
  /// Zeroed memory.
  func memory(_ byteCount: Int = 4096) throws(Finding) -> PinnedMemory {
    let memory = try PinnedMemory(byteCount: byteCount)
    possessions.append(memory)
    return memory
  }

  /// Memory with these bytes.
  func memory(holding bytes: some Collection<UInt8>) throws(Finding) -> PinnedMemory {
    let memory = try memory(bytes.count)
    memory.store(bytes: bytes)
    return memory
  }

  /// A `__kernel_timespec`.
  func time(_ duration: Duration) throws(Finding) -> PinnedMemory {
    let memory = try memory(16)
    let nanoseconds = duration.clampedNanoseconds
    memory.store(nanoseconds / 1_000_000_000, at: 0)
    memory.store(nanoseconds % 1_000_000_000, at: 8)
    return memory
  }

  /// A `msghdr` over pieces of memory.
  func message(
    _ pieces: [(address: UInt64, byteCount: Int)], nameByteCount: UInt32 = 0
  ) throws(Finding) -> PinnedMemory {
    let memory = try memory()
    let vectors = 64
    for (index, piece) in pieces.enumerated() {
      memory.store(piece.address, at: vectors + index * 16)
      memory.store(UInt64(piece.byteCount), at: vectors + index * 16 + 8)
    }
    memory.store(nameByteCount, at: 8)
    memory.store(memory.address(at: vectors), at: 16)
    memory.store(UInt64(pieces.count), at: 24)
    return memory
  }

  /// Two connected Unix-domain sockets, whose bytes arrive within the call that sends them.
  func pair(_ kind: TestSocket.Kind = .unixStream) throws(Finding) -> (TestSocket, TestSocket) {
    let pair = try TestSocket.pair(kind)
    possessions += [pair.0, pair.1]
    return pair
  }

  /// Two connected TCP sockets: accepted, then connecting.
  func connection() throws(Finding) -> (TestSocket, TestSocket) {
    let listener = try TestSocket.listening(backlog: 4)
    let far = try TestSocket(.tcp)
    try far.connect(to: listener.localAddress())
    let near = try listener.accept()
    possessions += [near, far]
    return (near, far)
  }

  /// A TCP listener on the loopback address.
  func listener(backlog: Int32 = 16) throws(Finding) -> TestSocket {
    try kept(TestSocket.listening(backlog: backlog))
  }

  /// A TCP socket that is connected to nothing.
  func socket(_ kind: TestSocket.Kind = .tcp) throws(Finding) -> TestSocket {
    try kept(TestSocket(kind))
  }

  /// A socket that connects to a listener.
  func client(of listener: TestSocket) throws(Finding) -> TestSocket {
    let client = try socket()
    try client.connect(to: listener.localAddress())
    return client
  }

  /// A socket that a completion carries.
  func socket(accepted completion: RawCompletion) throws(Finding) -> TestSocket {
    guard completion.result >= 0 else { throw .differs("no descriptor: \(completion)") }
    return kept(TestSocket(adopting: completion.result))
  }

  /// A socket address in memory, and its size in bytes.
  func memory(
    holding address: SocketAddress
  ) throws(Finding) -> (memory: PinnedMemory, byteCount: Int) {
    let bytes = address.rawBytes
    return (try memory(holding: bytes), bytes.count)
  }

  private func kept(_ socket: TestSocket) -> TestSocket {
    possessions.append(socket)
    return socket
  }
}
