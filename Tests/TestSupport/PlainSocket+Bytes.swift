import Glibc
package import SystemPackage

extension PlainSocket {
  /// Sends as much as there is room for; returns how much.
  @discardableResult
  package func send(_ bytes: [UInt8]) -> Int {
    let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
    return max(0, unsafe Glibc.send(descriptor, bytes, bytes.count, flags))
  }

  /// Sends everything, however long that takes.
  package func send(all bytes: [UInt8]) throws(Errno) {
    var sentCount = 0
    while sentCount < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { memory in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: memory[sentCount...])
        return unsafe Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      guard count >= 0 || errno == EINTR else { throw Errno(rawValue: errno) }
      sentCount += max(0, count)
    }
  }

  /// Receives exactly so many bytes, or fewer at the end.
  package func receive(exactly byteCount: Int) throws(Errno) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let flags = Int32(MSG_WAITALL)
    let count = byteCount == 0 ? 0 : unsafe recv(descriptor, &bytes, byteCount, flags)
    guard count >= 0 else { throw Errno(rawValue: errno) }
    return Array(bytes[..<count])
  }
}
