// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import CompletionIO
@testable import Uring

/// The far end of a stream that does not exist: it sends numbered bytes and checks their echo.
final class SoakSocket {
  let number: Int32
  /// Bytes that the peer has to send.
  let byteCount: Int
  /// Bytes that receives have been given.
  var deliveredCount = 0
  /// Bytes that sends have taken, each of them checked.
  var echoedCount = 0
  var stream: SocketStream?
  /// Received and not sent back yet, in order.
  var held: [LeaseBox] = []
  var hasEnded = false
  var isAborted = false
  var closeCount = 0

  init(number: Int32, byteCount: Int) {
    self.number = number
    self.byteCount = byteCount
  }

  /// What there is to say when it gets stuck.
  var state: String {
    guard let stream else { return "\(number)" }
    return "\(number): \(echoedCount) of \(deliveredCount) of \(byteCount) bytes, "
      + "\(stream.receiving.state), \(stream.sending.state), \(stream.closing), "
      + "\(stream.unsentByteCount) unsent, \(stream.operationCount) operations"
  }

  private func byte(at position: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: position &* 31 &+ position >> 8 &+ Int(number) &* 7)
  }

  /// Fills a buffer with the next bytes.
  func deliver(_ count: Int, to memory: UnsafeMutableRawPointer) {
    for offset in 0..<count {
      unsafe memory.storeBytes(
        of: byte(at: deliveredCount + offset), toByteOffset: offset, as: UInt8.self)
    }
    deliveredCount += count
  }

  /// Takes bytes of a send; `false` if they are not the next ones.
  func take(_ count: Int, of request: Request) -> Bool {
    var left = count
    for piece in pieces(of: request) where left > 0 {
      let pieceCount = min(left, piece.byteCount)
      guard let memory = unsafe UnsafeRawPointer(bitPattern: piece.address) else { return false }
      for offset in 0..<pieceCount {
        let value = unsafe memory.load(fromByteOffset: offset, as: UInt8.self)
        guard value == byte(at: echoedCount) else { return false }
        echoedCount += 1
      }
      left -= pieceCount
    }
    return left == 0 && echoedCount <= deliveredCount
  }

  private func pieces(of request: Request) -> [(address: UInt, byteCount: Int)] {
    let address = UInt(request.operand)
    guard request.operation == .sendMessage else { return [(address, Int(request.count))] }
    guard let message = unsafe UnsafePointer<msghdr>(bitPattern: address) else { return [] }
    return unsafe (0..<Int(message.pointee.msg_iovlen)).map { index in
      let vector = unsafe message.pointee.msg_iov[index]
      return unsafe (UInt(bitPattern: vector.iov_base), vector.iov_len)
    }
  }
}
