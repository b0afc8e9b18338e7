// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A `msghdr` for receiving messages, with memory for what a single receive tells of one.
///
/// Lives until the last completion of the requests that it makes.
@safe
public struct MessageTemplate: ~Copyable {
  /// The room that it gives to names and control messages.
  public let layout: MessageLayout
  private let header: UnsafeMutablePointer<msghdr>
  private let vector: UnsafeMutablePointer<iovec>
  private let name: UnsafeMutableRawPointer
  private let control: UnsafeMutableRawPointer

  /// Makes a template.
  ///
  /// - Parameter layout: How much room names and control messages have.
  public init(_ layout: MessageLayout) {
    self.layout = layout
    unsafe header = .allocate(capacity: 1)
    unsafe vector = .allocate(capacity: 1)
    unsafe name = .allocate(byteCount: max(1, layout.nameByteCount), alignment: 16)
    unsafe control = .allocate(byteCount: max(1, layout.controlByteCount), alignment: 16)
    unsafe header.initialize(to: msghdr())
    // A chosen buffer is used for as many bytes as the vector has (io_recvmsg_prep).
    unsafe vector.initialize(to: iovec(iov_base: nil, iov_len: Int(Int32.max)))
    unsafe header.pointee.msg_iov = unsafe vector
    unsafe header.pointee.msg_iovlen = 1
    unsafe header.pointee.msg_name = unsafe layout.nameByteCount > 0 ? name : nil
    unsafe header.pointee.msg_control = unsafe layout.controlByteCount > 0 ? control : nil
    reset()
  }

  deinit {
    unsafe header.deallocate()
    unsafe vector.deallocate()
    unsafe name.deallocate()
    unsafe control.deallocate()
  }

  /// Makes it ready for another single receive, which has left sizes and flags of its own.
  public func reset() {
    unsafe header.pointee.msg_namelen = socklen_t(layout.nameByteCount)
    unsafe header.pointee.msg_controllen = layout.controlByteCount
    unsafe header.pointee.msg_flags = 0
  }

  /// A receive of one message after the other, each with its header in its buffer.
  public func receiveMultishot(
    _ socket: Descriptor, bufferGroup: UInt16, options: Request.Options = []
  ) -> Request {
    unsafe .receiveMessageMultishot(
      socket, template: UnsafeMutableRawPointer(header), bufferGroup: bufferGroup,
      options: options)
  }

  /// A receive of one message, whose name and control messages come to the template's own memory.
  ///
  /// One at a time; ``reset()`` goes before each.
  public func receive(
    _ socket: Descriptor, bufferGroup: UInt16, options: Request.Options = []
  ) -> Request {
    unsafe .receiveMessage(
      socket, template: UnsafeMutableRawPointer(header), bufferGroup: bufferGroup,
      options: options)
  }

  // What a single receive has left.

  /// The sender's address; empty if the kernel told none.
  public var receivedName: RawSpan {
    @_lifetime(borrow self)
    get {
      let count = unsafe min(Int(header.pointee.msg_namelen), layout.nameByteCount)
      let span = unsafe RawSpan(_unsafeStart: name, byteCount: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The control messages.
  public var receivedControl: RawSpan {
    @_lifetime(borrow self)
    get {
      let count = unsafe min(Int(header.pointee.msg_controllen), layout.controlByteCount)
      let span = unsafe RawSpan(_unsafeStart: control, byteCount: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// What else the kernel has told of the message.
  public var receivedFlags: ReceivedMessage.Flags {
    unsafe ReceivedMessage.Flags(told: UInt32(bitPattern: header.pointee.msg_flags))
  }
}
