// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
internal import Uring

// Receives of messages.
extension ReadinessKernel where Calls: ~Copyable {
  mutating func receiveMessage(_ request: inout WaitingRequest) -> Progress {
    guard let template = unsafe request.request.messageHeader else {
      return .done(-Errno.badAddress.rawValue)
    }
    guard request.request.options.contains(.selectBuffer) else { return tryOnce(&request) }
    for _ in 0..<32 {
      guard let pool, pool.group == request.request.bufferGroup, let index = buffers.last else {
        return .done(-Errno.noBufferSpace.rawValue)
      }
      let (result, byteCount) =
        request.request.isMultishot
        ? unsafe receive(request.request, template, behindHeaderIn: index, of: pool)
        : unsafe receive(request.request, template, into: index, of: pool)
      guard result >= 0 else { return emptyHanded(request, result) }
      // A single message of 0 bytes takes no buffer.
      guard request.request.isMultishot || byteCount > 0 else { return .done(result) }
      buffers.removeLast()
      let flags = Completion.Flags(holding: index)
      // An empty message ends a request for many (io_recvmsg_multishot).
      guard request.request.isMultishot, byteCount > 0, !isFull() else {
        return .done(result, flags)
      }
      post(request.token, result, flags.union(.more))
    }
    return .goOn
  }

  /// Receives one message into a buffer, its name and control messages where the template says.
  private mutating func receive(
    _ request: Request, _ template: UnsafeMutablePointer<msghdr>, into index: UInt16,
    of pool: BufferPool
  ) -> (result: Int32, byteCount: Int32) {
    let limit = unsafe template.pointee.msg_iovlen > 0 ? template.pointee.msg_iov[0].iov_len : 0
    var vector = unsafe iovec(
      iov_base: pool.memory(of: index), iov_len: min(limit, pool.bufferSize))
    var header = unsafe template.pointee
    let result = unsafe attempt(request, &header, &vector)
    guard result >= 0 else { return (result, 0) }
    unsafe template.pointee.msg_namelen = unsafe header.msg_namelen
    unsafe template.pointee.msg_controllen = unsafe header.msg_controllen
    unsafe template.pointee.msg_flags = unsafe header.msg_flags
    return (result, result)
  }

  /// Receives one message into a buffer, behind its header, its name and its control messages
  /// (`struct io_uring_recvmsg_out`).
  private mutating func receive(
    _ request: Request, _ template: UnsafeMutablePointer<msghdr>, behindHeaderIn index: UInt16,
    of pool: BufferPool
  ) -> (result: Int32, byteCount: Int32) {
    let start = unsafe pool.memory(of: index)
    let name = unsafe start + MessageLayout.headerByteCount
    let (nameRoom, controlRoom) = unsafe (
      Int(template.pointee.msg_namelen), Int(template.pointee.msg_controllen)
    )
    let prefix = MessageLayout.headerByteCount + nameRoom + controlRoom
    guard prefix <= pool.bufferSize else { return (-Errno.badAddress.rawValue, 0) }
    let room = pool.bufferSize - prefix
    var vector = unsafe iovec(iov_base: start + prefix, iov_len: room)
    var header = unsafe msghdr()
    unsafe header.msg_name = unsafe nameRoom > 0 ? name : nil
    unsafe header.msg_namelen = socklen_t(nameRoom)
    unsafe header.msg_control = unsafe controlRoom > 0 ? name + nameRoom : nil
    unsafe header.msg_controllen = controlRoom
    let result = unsafe attempt(request, &header, &vector)
    guard result >= 0 else { return (result, 0) }
    let told = unsafe (header.msg_namelen, header.msg_controllen, header.msg_flags)
    unsafe start.storeBytes(of: UInt32(told.0), as: UInt32.self)
    unsafe start.storeBytes(of: UInt32(clamping: told.1), toByteOffset: 4, as: UInt32.self)
    unsafe start.storeBytes(of: UInt32(result), toByteOffset: 8, as: UInt32.self)
    unsafe start.storeBytes(
      of: UInt32(bitPattern: told.2), toByteOffset: 12, as: UInt32.self)
    return (Int32(prefix + min(Int(result), room)), result)
  }

  private mutating func attempt(
    _ request: Request, _ header: inout msghdr, _ vector: inout iovec
  ) -> Int32 {
    unsafe withUnsafeMutablePointer(to: &vector) { vector in
      unsafe header.msg_iov = unsafe vector
      unsafe header.msg_iovlen = 1
      return unsafe withUnsafeMutablePointer(to: &header) { header in
        calls.attempt(
          unsafe .receiveMessage(
            request.descriptor, into: UnsafeMutableRawPointer(header),
            options: request.options.intersection(.fullLength)))
      }
    }
  }
}

extension Request {
  /// The `msghdr` that the request names.
  var messageHeader: UnsafeMutablePointer<msghdr>? {
    unsafe UnsafeMutablePointer<msghdr>(bitPattern: UInt(operand))
  }
}
