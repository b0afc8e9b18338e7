// SPDX-License-Identifier: Apache-2.0

public import Uring

/// How large a loop is and how it treats would-block answers.
public struct LoopConfiguration: Hashable, Sendable {
  /// The ring's queues.
  public var ring = RingConfiguration()
  /// Operations that can be on their way at once: one for the loop's wake-up, one for each listener,
  /// two for each connection; at least 2, and 4 for a loop that listens.
  public var flightLimit = 1 << 16
  /// Buffers that the kernel receives into, for all connections of the loop; a power of two.
  ///
  /// Few and large: a burst larger than a buffer takes several completions. What is never filled
  /// costs no memory, and of large messages the loop keeps only some buffers going round.
  public var bufferCount = 128
  /// Bytes in each buffer.
  public var bufferSize = 65536
  /// Bytes in each buffer of streams that the kernel fills in pieces, one arrival behind the other,
  /// where it can (Linux 6.12); `nil` for one arrival a buffer.
  ///
  /// The same memory, ``bufferCount`` times ``bufferSize``, is divided into such buffers if it has
  /// room for eight; messages keep the buffers that are configured. An arrival takes as many bytes
  /// as it has, and a large one fewer completions. A lease keeps the whole buffer that its bytes are
  /// in; once a quarter of the buffers is left, bytes are copied.
  public var incrementalBufferSize: Int? = 1 << 19
  /// Bytes that a connection may have received and nobody claimed before it stops receiving.
  public var unclaimedByteLimit = 1 << 18
  /// Bytes of owned sends that a connection may have queued before a sender waits, and before its
  /// handlers stop hearing of received bytes.
  public var unsentByteLimit = 1 << 18
  /// Bytes that a connection hands to the kernel in one turn of the loop, at most 1 GiB; the rest of
  /// what is queued goes in later turns, so that a long queue keeps no other connection waiting.
  ///
  /// Sends without a copy and the bytes of files have portions of their own.
  public var sendByteLimit = 1 << 20
  /// How long a connection that is being closed may take to send what is queued; then the rest is
  /// dropped and its senders are told.
  public var drainTimeLimit = Duration.seconds(30)
  /// Connections accepted and not yet claimed before a listener stops accepting.
  public var unclaimedConnectionLimit = 256
  /// How long nothing must have come on a connection before the loop exchanges its receive for a
  /// poll; `nil` for never.
  ///
  /// A receive that waits takes some 0.9 KB of the kernel's memory, a poll 0.25 KB. The first bytes
  /// after a quiet time take one more round through the kernel. The exchange comes a quarter of this
  /// time late at the latest, and only under the policy ``ResubmissionPolicy/completion``. On
  /// readiness it saves nothing.
  public var quietTime: Duration?
  /// Places in each loop's table of direct descriptors; 0 for none.
  ///
  /// With a table, listeners accept into it, and connections take no file descriptor.
  public var directDescriptorCount: UInt32 = 0
  /// The policy for would-block answers, where no other is set.
  public var policy = ResubmissionPolicy.completion

  /// The defaults.
  public init() {}
}
