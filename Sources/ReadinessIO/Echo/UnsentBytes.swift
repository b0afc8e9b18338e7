internal import SystemPackage

/// Bytes that a peer has yet to take.
@safe
final class UnsentBytes {
  private let bytes: UnsafeMutableRawBufferPointer
  private var sentCount = 0

  init(_ source: UnsafeRawBufferPointer) {
    unsafe bytes = .allocate(byteCount: source.count, alignment: 1)
    unsafe bytes.copyMemory(from: source)
  }

  deinit {
    unsafe bytes.deallocate()
  }

  /// Sends once.
  ///
  /// - Returns: Whether nothing is left.
  func send(to socket: FileDescriptor) throws(NonblockingSocketError) -> Bool {
    let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[sentCount...])
    sentCount += try unsafe SocketCalls.send(rest, to: socket)
    return unsafe sentCount == bytes.count
  }
}
