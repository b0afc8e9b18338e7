// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Uring

/// A piece of the memory that a request lends to the kernel.
struct MemoryPiece {
  var address: UInt
  var byteCount: Int
}

// The only places that follow the addresses in a request, besides the copying of bytes.
extension Request {
  /// The pieces that a send reads; a `msghdr` and its vectors are read now, at submission
  /// (`IORING_FEAT_SUBMIT_STABLE`).
  var sentPieces: [MemoryPiece] {
    guard operation == .sendMessage else {
      return [MemoryPiece(address: UInt(operand), byteCount: Int(count))]
    }
    guard let message = unsafe UnsafePointer<msghdr>(bitPattern: UInt(operand)) else { return [] }
    let count = unsafe message.pointee.msg_iovlen
    return (0..<count).map { index in
      let vector = unsafe message.pointee.msg_iov[index]
      return unsafe MemoryPiece(
        address: UInt(bitPattern: vector.iov_base), byteCount: vector.iov_len)
    }
  }

  /// Stores the address of who was accepted, where an accept wants it.
  ///
  /// The memory is a `sockaddr_storage` and, right behind it, a `socklen_t` with the room in it,
  /// which becomes the address's size (move_addr_to_user).
  func storePeerAddress(_ address: SocketAddress) {
    guard operation == .accept, !isMultishot,
      let memory = unsafe UnsafeMutableRawPointer(bitPattern: UInt(operand))
    else { return }
    let sizeOffset = MemoryLayout<sockaddr_storage>.size
    let room = unsafe Int(memory.load(fromByteOffset: sizeOffset, as: socklen_t.self))
    unsafe address.withSockaddr { pointer, byteCount in
      unsafe memory.copyMemory(from: pointer, byteCount: min(byteCount, room, sizeOffset))
      unsafe memory.storeBytes(
        of: socklen_t(byteCount), toByteOffset: sizeOffset, as: socklen_t.self)
    }
  }

  /// The source of a splice, and its place there.
  var fileTransfer: FileTransfer? {
    unsafe UnsafePointer<FileTransfer>(bitPattern: UInt(operand))?.pointee
  }

  /// The address that a connect names.
  var peerAddress: SocketAddress? {
    guard let pointer = unsafe UnsafeRawPointer(bitPattern: UInt(operand)) else { return nil }
    return unsafe SocketAddress(copying: pointer, byteCount: Int(count))
  }
}

extension SocketAddress {
  /// Reads an address out of a C structure that holds one.
  static func copying(_ value: some BitwiseCopyable) -> SocketAddress {
    let address = unsafe withUnsafeBytes(of: value) { bytes in
      unsafe bytes.baseAddress.flatMap { unsafe SocketAddress(copying: $0, byteCount: bytes.count) }
    }
    guard let address else { preconditionFailure("\(value) is no address") }
    return address
  }
}

extension MemoryPiece {
  /// A number that changes with the bytes, to see whether somebody wrote to lent memory.
  var checksum: UInt64 {
    guard let start = unsafe UnsafeRawPointer(bitPattern: address) else { return 0 }
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    for offset in 0..<byteCount {
      let byte = unsafe start.load(fromByteOffset: offset, as: UInt8.self)
      sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return sum
  }
}

extension BufferPool {
  /// The memory of a buffer.
  func address(of index: UInt16) -> UInt {
    UInt(bitPattern: unsafe memory(of: index))
  }
}
