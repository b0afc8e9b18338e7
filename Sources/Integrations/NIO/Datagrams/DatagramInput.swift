// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
internal import NIOCore
internal import Uring

/// The receiving half of a channel of datagrams.
struct DatagramInput {
  /// What the kernel has of this half.
  enum Receiving {
    case idle
    /// A receive is with the kernel.
    case armed(Token)
    /// The receive has been asked to end, and may still bring datagrams.
    case ending
  }

  /// Where datagrams come to.
  enum Source {
    /// The loop's buffers, one datagram after the other.
    case pool
    /// Memory of the channel's own, one at a time.
    case memory(MessageMemory)
  }

  var receiving = Receiving.idle
  var source = Source.pool
  /// Datagrams that are not delivered.
  var held = CircularBuffer<AddressedEnvelope<ByteBuffer>>()

  var isIdle: Bool {
    if case .idle = receiving { true } else { false }
  }
}

/// What of a datagram is asked for.
struct DatagramSettings {
  /// Datagrams of one read, if the program has set how many; they share the read's bytes.
  var vectorCount = 0
  var tellsCongestion = false
  var tellsPacketInfo = false
  var tellsSegmentSize = false

  /// Whether datagrams come with what the kernel tells of them.
  var tellsMetadata: Bool { tellsCongestion || tellsPacketInfo || tellsSegmentSize }
}
#endif
