// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Uring

// The `msghdr` of a request that receives or sends one message, and the bytes of datagrams.
extension Request {
  private var messageHeader: UnsafeMutablePointer<msghdr>? {
    unsafe UnsafeMutablePointer<msghdr>(bitPattern: UInt(operand))
  }

  /// The address that a message is sent to; `nil` for the socket's peer.
  var messageName: SocketAddress? {
    guard let header = unsafe messageHeader, let name = unsafe header.pointee.msg_name else {
      return nil
    }
    return unsafe SocketAddress(copying: name, byteCount: Int(header.pointee.msg_namelen))
  }

  /// The memory that one message is received into.
  var messagePieces: [MemoryPiece] {
    guard let header = unsafe messageHeader else { return [] }
    return unsafe (0..<header.pointee.msg_iovlen).map { index in
      let vector = unsafe header.pointee.msg_iov[index]
      return unsafe MemoryPiece(
        address: UInt(bitPattern: vector.iov_base), byteCount: vector.iov_len)
    }
  }

  /// Leaves sender, sizes and flags of a single receive in its `msghdr` (____sys_recvmsg).
  func storeHeader(of datagram: SimulatedDatagram, isTruncated: Bool) {
    guard let header = unsafe messageHeader else { return }
    let room = unsafe header.pointee.msg_name == nil ? 0 : Int(header.pointee.msg_namelen)
    var count = 0
    unsafe datagram.sender?.withSockaddr { pointer, byteCount in
      count = byteCount
      unsafe header.pointee.msg_name?.copyMemory(from: pointer, byteCount: min(byteCount, room))
    }
    unsafe header.pointee.msg_namelen = socklen_t(count)
    unsafe header.pointee.msg_controllen = 0
    unsafe header.pointee.msg_flags = isTruncated ? Self.truncated : 0
  }

  /// The bytes that come first in a buffer of a receive of many: `struct io_uring_recvmsg_out`, and
  /// the rooms for the sender's address and for control messages.
  var messagePrefixByteCount: Int {
    guard let header = unsafe messageHeader else { return 16 }
    return unsafe 16 + Int(header.pointee.msg_namelen) + Int(header.pointee.msg_controllen)
  }

  /// Lays a message out in a buffer as a receive of many does: `struct io_uring_recvmsg_out`, the
  /// room for the sender's address, that for control messages, the bytes.
  ///
  /// - Parameters:
  ///   - datagram: The message.
  ///   - memory: The buffer, with room for what comes first.
  /// - Returns: The bytes of all of it.
  func store(_ datagram: SimulatedDatagram, in memory: MemoryPiece) -> Int32 {
    guard let header = unsafe messageHeader,
      let start = unsafe UnsafeMutableRawPointer(bitPattern: memory.address)
    else { return -EFAULT }
    let nameRoom = unsafe Int(header.pointee.msg_namelen)
    let prefix = messagePrefixByteCount
    var nameCount = 0
    unsafe datagram.sender?.withSockaddr { pointer, byteCount in
      nameCount = byteCount
      unsafe (start + 16).copyMemory(from: pointer, byteCount: min(byteCount, nameRoom))
    }
    let rest = MemoryPiece(
      address: memory.address + UInt(prefix), byteCount: memory.byteCount - prefix)
    let count = [rest].store(datagram.bytes)
    let isTruncated = count < datagram.bytes.count
    let told = options.contains(.fullLength) ? datagram.bytes.count : count
    unsafe start.storeBytes(of: UInt32(nameCount), as: UInt32.self)
    unsafe start.storeBytes(of: UInt32(0), toByteOffset: 4, as: UInt32.self)
    unsafe start.storeBytes(of: UInt32(told), toByteOffset: 8, as: UInt32.self)
    let flags = isTruncated ? UInt32(Self.truncated) : 0
    unsafe start.storeBytes(of: flags, toByteOffset: 12, as: UInt32.self)
    return Int32(prefix + count)
  }

  private static var truncated: Int32 { 0x20 }  // MSG_TRUNC.
}

extension [MemoryPiece] {
  /// A copy of the bytes that all pieces hold.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for piece in self {
      let start = unsafe UnsafeRawPointer(bitPattern: piece.address)
      unsafe bytes += UnsafeRawBufferPointer(
        start: start, count: start == nil ? 0 : piece.byteCount)
    }
    return bytes
  }

  /// Writes as many bytes as the pieces have room for.
  ///
  /// - Returns: How many.
  func store(_ bytes: [UInt8]) -> Int {
    var done = 0
    for piece in self where done < bytes.count {
      let count = Swift.min(piece.byteCount, bytes.count - done)
      guard count > 0, let target = unsafe UnsafeMutableRawPointer(bitPattern: piece.address)
      else { continue }
      unsafe bytes.withUnsafeBytes { source in
        if let start = source.baseAddress {
          unsafe target.copyMemory(from: start + done, byteCount: count)
        }
      }
      done += count
    }
    return done
  }
}
