// SPDX-License-Identifier: Apache-2.0

/// Where the parts of one message are in the buffer of a multishot receive.
///
/// Offsets only, which the buffer's lease outlives. Every part is inside the buffer, whatever the
/// header says.
public struct ReceivedMessage: Hashable, Sendable {
  /// Where the sender's address is; empty if the kernel told none.
  public let name: Range<Int>
  /// Where the control messages are.
  public let control: Range<Int>
  /// Where the message's bytes are.
  public let payload: Range<Int>
  /// Bytes of the whole message as it was sent, if the receive asked for that with
  /// ``Request/Options/fullLength``; else as many as were received.
  public let messageByteCount: Int
  /// What else the kernel has told.
  public let flags: Flags

  /// Facts about a received message: `MSG_…` (recvmsg(2)).
  public struct Flags: OptionSet, Hashable, Sendable {
    /// The kernel's bits.
    public var rawValue: UInt32

    /// Wraps the kernel's bits.
    public init(rawValue: UInt32) {
      self.rawValue = rawValue
    }

    /// The end of the message did not fit in the buffer, and is lost.
    ///
    /// `MSG_TRUNC`.
    public static var truncated: Self { Self(rawValue: 0x20) }
    /// Control messages did not fit in their room, and are lost.
    ///
    /// `MSG_CTRUNC`.
    public static var controlTruncated: Self { Self(rawValue: 0x8) }
  }

  /// Reads the header of a buffer.
  ///
  /// `io_uring_recvmsg_validate` of liburing trusts sums that can overflow (fixed in 2026), so this
  /// reads the kernel's struct itself.
  ///
  /// Fails for a buffer that is too short to hold header, address and control messages.
  ///
  /// - Parameters:
  ///   - buffer: What the kernel wrote: as many bytes as the completion's result.
  ///   - layout: The sizes that the request's `msghdr` had.
  ///
  /// The corresponding C functions are `io_uring_recvmsg_validate`, `io_uring_recvmsg_name` and
  /// `io_uring_recvmsg_payload`.
  public init?(parsing buffer: RawSpan, layout: MessageLayout) {
    let prefix = layout.prefixByteCount
    guard buffer.byteCount >= prefix else { return nil }
    let (nameCount, controlCount, payloadCount, flags) = unsafe (
      buffer.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self),
      buffer.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self),
      buffer.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt32.self),
      buffer.unsafeLoadUnaligned(fromByteOffset: 12, as: UInt32.self)
    )
    let nameStart = MessageLayout.headerByteCount
    let controlStart = nameStart + layout.nameByteCount
    // An address may be longer than its room, and the size is told of the whole (recvmsg(2)).
    name = nameStart..<(nameStart + min(Int(nameCount), layout.nameByteCount))
    control = controlStart..<(controlStart + min(Int(controlCount), layout.controlByteCount))
    payload = prefix..<buffer.byteCount
    messageByteCount = max(Int(payloadCount), buffer.byteCount - prefix)
    self.flags = Flags(told: flags)
  }
}

extension ReceivedMessage.Flags {
  /// The flags as the kernel tells them, without what was only asked for: each receive of a message
  /// asks for descriptors that children do not inherit, and is told so (`MSG_CMSG_CLOEXEC`).
  init(told flags: UInt32) {
    self.init(rawValue: flags & ~0x4000_0000)
  }
}
