// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
internal import Uring

extension ReadinessKernel where Calls: ~Copyable {
  mutating func send(_ request: inout WaitingRequest) -> Progress {
    while true {
      let result = calls.attempt(request.request.advanced(by: request.doneByteCount))
      guard result >= 0 else { return emptyHanded(request, result) }
      request.doneByteCount += UInt32(result)
      let isWhole = request.doneByteCount >= request.request.count || result == 0
      guard request.goesOnUntilAll, !isWhole else {
        return .done(Int32(bitPattern: request.doneByteCount))
      }
    }
  }

  mutating func sendMessage(_ request: inout WaitingRequest) -> Progress {
    while true {
      var attempted = request.request
      if let rest = unsafe request.rest {
        attempted = unsafe .sendMessage(
          rest, byteCount: Int(request.request.count - request.doneByteCount),
          to: request.request.descriptor)
      }
      let result = calls.attempt(attempted)
      guard result >= 0 else {
        let progress = emptyHanded(request, result)
        // The caller's `msghdr` is read at submission only (IORING_FEAT_SUBMIT_STABLE).
        if case .wait = progress { keepRest(of: &request) }
        return progress
      }
      request.doneByteCount += UInt32(result)
      let isWhole = request.doneByteCount >= request.request.count || result == 0
      guard request.goesOnUntilAll, !isWhole else {
        return .done(Int32(bitPattern: request.doneByteCount))
      }
      keepRest(of: &request)
      unsafe request.rest?.advanceMessage(by: Int(result))
    }
  }

  private func keepRest(of request: inout WaitingRequest) {
    guard unsafe request.rest == nil, let header = unsafe request.request.messageHeader else {
      return
    }
    unsafe request.rest = unsafe .copyMessage(header)
  }
}

// A gathered send in memory of the kernel's own.
extension UnsafeMutablePointer<msghdr> {
  /// Copies a `msghdr`, its vectors and its name; the pieces, and control messages, stay where they
  /// are.
  static func copyMessage(_ header: UnsafeMutablePointer<msghdr>) -> Self {
    let copy = Self.allocate(capacity: 1)
    unsafe copy.initialize(to: header.pointee)
    let count = unsafe header.pointee.msg_iovlen
    let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: Swift.max(1, count))
    for index in 0..<count {
      unsafe (vectors + index).initialize(to: header.pointee.msg_iov[index])
    }
    unsafe copy.pointee.msg_iov = unsafe vectors
    if let name = unsafe header.pointee.msg_name {
      let byteCount = unsafe Int(header.pointee.msg_namelen)
      let memory = UnsafeMutableRawPointer.allocate(
        byteCount: Swift.max(1, byteCount), alignment: 8)
      unsafe memory.copyMemory(from: name, byteCount: byteCount)
      unsafe copy.pointee.msg_name = unsafe memory
    }
    return unsafe copy
  }

  /// Takes bytes that are out from the front of the vectors.
  func advanceMessage(by byteCount: Int) {
    var left = byteCount
    for index in unsafe 0..<pointee.msg_iovlen where left > 0 {
      let vector = unsafe pointee.msg_iov + index
      let moved = unsafe Swift.min(left, vector.pointee.iov_len)
      unsafe vector.pointee.iov_base = unsafe vector.pointee.iov_base.map { unsafe $0 + moved }
      unsafe vector.pointee.iov_len -= moved
      left -= moved
    }
    // Control messages, descriptors among them, go with the first byte and only once.
    unsafe pointee.msg_control = nil
    unsafe pointee.msg_controllen = 0
  }

  func freeMessage() {
    unsafe pointee.msg_iov?.deallocate()
    unsafe pointee.msg_name?.deallocate()
    unsafe deallocate()
  }
}
