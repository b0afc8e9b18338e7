// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Memory for one message after the other, for receives of one each.
///
/// What has come is laid out as a multishot receive lays it out, so that ``ReceivedMessage`` reads
/// it. The memory is the kernel's from ``receive(_:options:)`` to the completion.
@safe
package final class MessageMemory {
  /// The room that it gives to names and control messages.
  package let layout: MessageLayout
  private let header: UnsafeMutablePointer<msghdr>
  private let vector: UnsafeMutablePointer<iovec>
  private let memory: UnsafeMutableRawPointer
  /// Room for a message's own bytes.
  package let byteCount: Int

  /// Makes memory.
  ///
  /// - Parameters:
  ///   - layout: How much room names and control messages have.
  ///   - byteCount: Room for a message's own bytes.
  package init(_ layout: MessageLayout, byteCount: Int) {
    self.layout = layout
    self.byteCount = byteCount
    unsafe header = .allocate(capacity: 1)
    unsafe vector = .allocate(capacity: 1)
    unsafe memory = .allocate(byteCount: layout.prefixByteCount + byteCount, alignment: 16)
    unsafe header.initialize(to: msghdr())
    unsafe vector.initialize(
      to: iovec(iov_base: memory + layout.prefixByteCount, iov_len: byteCount))
    unsafe header.pointee.msg_iov = unsafe vector
    unsafe header.pointee.msg_iovlen = 1
  }

  deinit {
    unsafe header.deallocate()
    unsafe vector.deallocate()
    unsafe memory.deallocate()
  }

  /// A receive of one message.
  package func receive(_ socket: Descriptor, options: Request.Options = []) -> Request {
    let name = unsafe memory + MessageLayout.headerByteCount
    unsafe header.pointee.msg_name = unsafe layout.nameByteCount > 0 ? name : nil
    unsafe header.pointee.msg_namelen = socklen_t(layout.nameByteCount)
    let hasControl = layout.controlByteCount > 0
    unsafe header.pointee.msg_control = unsafe hasControl ? name + layout.nameByteCount : nil
    unsafe header.pointee.msg_controllen = layout.controlByteCount
    unsafe header.pointee.msg_flags = 0
    return unsafe .receiveMessage(
      socket, into: UnsafeMutableRawPointer(header), options: options)
  }

  /// The message that a receive has brought, behind a header as the kernel's own.
  ///
  /// - Parameter result: The result of the completion, not below 0.
  /// - Returns: As many bytes as a multishot receive would have written.
  @_lifetime(borrow self)
  package func message(result: Int32) -> RawSpan {
    let messageByteCount = Int(max(0, result))
    let parts = unsafe (
      header.pointee.msg_namelen, UInt32(clamping: header.pointee.msg_controllen),
      UInt32(messageByteCount), UInt32(bitPattern: header.pointee.msg_flags)
    )
    unsafe memory.storeBytes(of: parts.0, toByteOffset: 0, as: UInt32.self)
    unsafe memory.storeBytes(of: parts.1, toByteOffset: 4, as: UInt32.self)
    unsafe memory.storeBytes(of: parts.2, toByteOffset: 8, as: UInt32.self)
    unsafe memory.storeBytes(of: parts.3, toByteOffset: 12, as: UInt32.self)
    let count = layout.prefixByteCount + min(messageByteCount, byteCount)
    let span = unsafe RawSpan(_unsafeStart: memory, byteCount: count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }
}
