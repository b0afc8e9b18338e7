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

  /// The address that a connect names.
  var peerAddress: SocketAddress? {
    guard let pointer = unsafe UnsafeRawPointer(bitPattern: UInt(operand)) else { return nil }
    return unsafe SocketAddress(copying: pointer, byteCount: Int(count))
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
