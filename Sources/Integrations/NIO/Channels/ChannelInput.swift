// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import NIOCore
internal import Uring

/// The receiving half of a stream channel.
struct ChannelInput {
  /// What the kernel has of this half.
  enum Receiving {
    case idle
    /// A receive is with the kernel.
    case armed(Token)
    /// The receive has been asked to end, and may still bring bytes.
    case ending
  }

  var receiving = Receiving.idle
  /// Bytes that came although nobody had asked for them.
  var held = CircularBuffer<ByteBuffer>()
  /// Whether held bytes are to be delivered before the loop submits.
  var isDeliveryWanted = false
  /// Whether the peer's end was seen while nobody read: everything before it is delivered, asked for
  /// or not, because NIO's handlers count on hearing of the end.
  var drainsToEnd = false
  /// The poll for the peer's end, while nobody reads.
  var endWatch: Token?
  var isClosed = false
  /// The error that closes the channel once what has arrived is delivered.
  var lastError: (any Error)?

  var isIdle: Bool {
    if case .idle = receiving { true } else { false }
  }
}
#endif
