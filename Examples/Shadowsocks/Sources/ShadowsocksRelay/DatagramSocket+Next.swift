// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO

extension DatagramSocket {
  /// Receives the next datagram, beyond errors that earlier ones have led to; `nil` at the end.
  func nextDatagram() async -> Datagram? {
    while true {
      do throws(SocketError) {
        return try await receive()
      } catch {
        guard error.cause == .kernel else { return nil }
      }
    }
  }
}

extension Datagram {
  /// Refuses a datagram of which only the beginning has fit in the buffer.
  func refuseTruncated() throws(TunnelError) {
    guard !isTruncated else { throw .datagramTooLong(sentByteCount) }
  }
}
