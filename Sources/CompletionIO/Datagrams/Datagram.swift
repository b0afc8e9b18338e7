// SPDX-License-Identifier: Apache-2.0

public import Uring

/// One received datagram, in the buffer that the kernel wrote it to.
///
/// The buffer returns to its pool when the datagram ends, so keep it short or ``copy()`` it. What
/// the kernel told besides the bytes is read when it is asked for.
public struct Datagram: ~Copyable, Sendable {
  /// The bytes; what the kernel wrote in front of them is still there.
  private var lease: BufferLease
  private let header: DatagramHeader

  /// Reads what the kernel has written; `nil` if that is no message.
  package init?(_ lease: consuming BufferLease, layout: MessageLayout) {
    guard let message = ReceivedMessage(parsing: lease.bytes, layout: layout) else { return nil }
    lease.removeFirst(message.payload.lowerBound)
    self.lease = lease
    header = DatagramHeader(message)
  }

  private init(_ lease: consuming BufferLease, _ header: DatagramHeader) {
    self.lease = lease
    self.header = header
  }

  /// Bytes of the datagram that are here.
  public var byteCount: Int { lease.byteCount }

  /// Whether the datagram has no bytes, which is no end of anything.
  public var isEmpty: Bool { lease.byteCount == 0 }

  /// The datagram's bytes, for as long as it lives.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get { lease.bytes }
  }

  /// The datagram's bytes, to be changed in place before they are sent on.
  public var mutableBytes: MutableRawSpan {
    @_lifetime(&self)
    mutating get { lease.mutableBytes }
  }

  /// Calls a function with the bytes.
  ///
  /// - Parameter body: Borrows the bytes until it returns; afterwards the datagram can be given away.
  /// - Returns: What the function returns.
  /// - Throws: What the function throws.
  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(lease.bytes)
  }

  /// Whether the datagram was larger than its buffer: the end of it is lost.
  ///
  /// The corresponding C constant is `MSG_TRUNC`.
  public var isTruncated: Bool { header.flags.contains(.truncated) }

  /// Bytes of the datagram as it was sent, also where ``isTruncated``.
  public var sentByteCount: Int { Int(header.messageByteCount) }

  /// Whether the kernel had more to tell of the datagram than there was room for.
  ///
  /// The corresponding C constant is `MSG_CTRUNC`.
  public var isControlTruncated: Bool { header.flags.contains(.controlTruncated) }

  /// Where the datagram came from; `nil` for a Unix-domain socket without a name.
  ///
  /// Decoded with each call.
  ///
  /// The corresponding C field is `msg_name`.
  public var sender: SocketAddress? {
    SocketAddress(copying: senderBytes)
  }

  /// The sender's address as the kernel wrote it.
  var senderBytes: RawSpan {
    @_lifetime(borrow self)
    get { lease.droppedBytes.extracting(header.name) }
  }

  /// What else the kernel told, as control messages.
  var controlBytes: RawSpan {
    @_lifetime(borrow self)
    get { lease.droppedBytes.extracting(header.control) }
  }

  /// The same datagram in memory of its own, which can be kept for long.
  ///
  /// - Complexity: O(n)
  public func copy() -> Datagram {
    Datagram(lease.copyWithDropped(), header)
  }

  /// The lease of the datagram's bytes alone, for whoever sends them on.
  public consuming func takeLease() -> BufferLease { lease }
}

/// Where the parts of a received message are, in few bytes.
struct DatagramHeader: Sendable {
  private let nameCount: UInt16
  private let controlStart: UInt16
  private let controlCount: UInt16
  let messageByteCount: UInt32
  let flags: ReceivedMessage.Flags

  init(_ message: ReceivedMessage) {
    nameCount = UInt16(truncatingIfNeeded: message.name.count)
    controlStart = UInt16(truncatingIfNeeded: message.control.lowerBound)
    controlCount = UInt16(truncatingIfNeeded: message.control.count)
    messageByteCount = UInt32(clamping: message.messageByteCount)
    flags = message.flags
  }

  var name: Range<Int> {
    let start = MessageLayout.headerByteCount
    return start..<(start + Int(nameCount))
  }

  var control: Range<Int> { Int(controlStart)..<(Int(controlStart) + Int(controlCount)) }
}
