import Glibc
import SystemPackage
import Uring

/// A plain blocking TCP client, which waits for as long as it takes.
final class BlockingClient: Sendable {
  let descriptor: FileDescriptor

  init(to address: SocketAddress, receiveBufferByteCount: Int32? = nil) throws(Errno) {
    let answer = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
    guard answer >= 0 else { throw Errno(rawValue: errno) }
    descriptor = FileDescriptor(rawValue: answer)
    if var byteCount = receiveBufferByteCount {
      let size = socklen_t(MemoryLayout<Int32>.size)
      _ = unsafe setsockopt(answer, SOL_SOCKET, SO_RCVBUF, &byteCount, size)
    }
    let connected = unsafe address.withSockaddr { pointer, byteCount in
      unsafe connect(answer, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    guard connected == 0 else { throw Errno(rawValue: errno) }
  }

  deinit {
    try? descriptor.close()
  }

  func send(_ bytes: [UInt8]) throws {
    var sentCount = 0
    while sentCount < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { memory in
        unsafe Glibc.send(
          descriptor.rawValue, UnsafeRawBufferPointer(rebasing: memory[sentCount...]).baseAddress,
          bytes.count - sentCount, Int32(MSG_NOSIGNAL))
      }
      guard count >= 0 else { throw Errno(rawValue: errno) }
      sentCount += count
    }
  }

  /// Receives exactly so many bytes, or fewer at the end of the stream.
  func receive(_ byteCount: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: min(byteCount, 65536))
    while bytes.count < byteCount {
      let wanted = min(block.count, byteCount - bytes.count)
      let count = unsafe recv(descriptor.rawValue, &block, wanted, 0)
      guard count >= 0 else { throw Errno(rawValue: errno) }
      if count == 0 { break }
      bytes += block[..<count]
    }
    return bytes
  }

  func finishSending() {
    _ = shutdown(descriptor.rawValue, Int32(SHUT_WR))
  }

  /// Makes close(2) send a reset.
  func resetOnClose() {
    var option = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout<linger>.size)
    _ = unsafe setsockopt(descriptor.rawValue, SOL_SOCKET, SO_LINGER, &option, size)
  }
}

/// Bytes that tell their place: a byte that is lost, doubled or moved shows.
func pattern(_ byteCount: Int, from start: Int = 0) -> [UInt8] {
  Array(patternBytes[start..<start + byteCount])
}

private let patternBytes = (0..<(1 << 20) + 65536).map {
  UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8)
}
