// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// One datagram on its way out of a socket.
struct OutgoingDatagram: ~Copyable {
  let block: MessageBlock
  /// The memory, if the socket has it; `nil` for a suspended sender's.
  private var lease: BufferLease?
  let byteCount: Int
  let recipient: Recipient
  var state = State.queued
  /// Set when the send is to end early.
  var earlyEnd: WaitEnd?
  /// Whether the bytes are in a buffer of the pool, which must not wait for a peer.
  private(set) var isPooled: Bool
  /// Whether it takes a flight that no socket was promised.
  var hasExtraFlight = false

  /// Who is notified when the kernel has taken the datagram, or of the failure.
  enum Recipient: Hashable {
    case nobody
    /// The task of this wait.
    case wait(WaitID)
    /// The socket's handler, with the caller's word.
    case handler(UInt)
  }

  /// How far a datagram is.
  enum State: Equatable {
    /// Waits for its turn.
    case queued
    /// With the kernel.
    case flying(Token)
    /// Out, or failed; its place stays until those before it have ended.
    case ended
  }

  /// Takes over a lease; one of another loop's pool is copied, because a buffer's way back would be
  /// a lock away.
  init(
    _ lease: consuming BufferLease, in block: MessageBlock, home: HomePools, recipient: Recipient
  ) {
    let pool = lease.poolIdentity
    isPooled = home.contains(pool)
    byteCount = lease.byteCount
    self.recipient = recipient
    self.block = block
    if !isPooled, pool != 0 { lease = lease.copy() }
    block.setBytes(at: unsafe UInt(bitPattern: lease.address), byteCount: byteCount)
    self.lease = consume lease
  }

  /// Refers to memory that stays in place until the wait is over.
  init(borrowing bytes: InputMemory, in block: MessageBlock, wait: WaitID) {
    lease = nil
    isPooled = false
    byteCount = bytes.byteCount
    recipient = .wait(wait)
    self.block = block
    block.setBytes(at: bytes.address, byteCount: bytes.byteCount)
  }

  /// Copies the bytes to memory of their own; their buffer returns to the pool.
  ///
  /// - Returns: Whether they were in a buffer of the pool.
  mutating func copyOut() -> Bool {
    guard isPooled, state == .queued, let pooled = lease.take() else { return false }
    let copy = pooled.copy()
    block.setBytes(at: unsafe UInt(bitPattern: copy.address), byteCount: byteCount)
    isPooled = false
    lease = consume copy
    return true
  }

  /// Ends the datagram; its memory is free.
  mutating func end() {
    state = .ended
    isPooled = false
    lease = nil
  }
}
