internal import Uring

/// Bytes of one send, on their way out of a stream.
struct SendPiece: ~Copyable {
  /// The memory, if the stream has it; a suspended sender's otherwise.
  private var lease: BufferLease?
  /// Where the next byte is, in memory of a suspended sender.
  private var borrowed: UInt = 0
  /// Bytes that have not gone out.
  private(set) var byteCount: Int
  let totalByteCount: Int
  let recipient: Recipient
  /// Set when the send is to end early.
  var earlyEnd: WaitEnd?

  /// Who is notified when the last byte is out, or of the failure.
  enum Recipient: Hashable {
    case nobody
    /// The task of this wait.
    case wait(WaitID)
    /// The stream's handler, with the caller's word.
    case handler(UInt)
  }

  /// Takes over a lease; one of another loop's pool is copied, because a buffer's way back would be
  /// a lock away.
  init(_ lease: consuming BufferLease, home: UInt, recipient: Recipient) {
    let isForeign = lease.poolIdentity != 0 && lease.poolIdentity != home
    byteCount = lease.byteCount
    totalByteCount = lease.byteCount
    self.recipient = recipient
    self.lease = isForeign ? lease.copy() : lease
  }

  /// Refers to memory that stays in place until the wait is over.
  init(borrowing address: UInt, byteCount: Int, wait: WaitID) {
    lease = nil
    borrowed = address
    self.byteCount = byteCount
    totalByteCount = byteCount
    recipient = .wait(wait)
  }

  /// Where the next byte is.
  var address: UInt {
    switch lease {
    case .some(let lease): unsafe UInt(bitPattern: lease.address)
    case .none: borrowed
    }
  }

  /// Whether the bytes are in a buffer of the pool, which must not wait for a peer.
  var isPooled: Bool {
    switch lease {
    case .some(let lease): lease.isPooled
    case .none: false
    }
  }

  /// Takes bytes off that are out.
  mutating func removeFirst(_ count: Int) {
    byteCount -= count
    if lease == nil { borrowed += UInt(count) }
    lease?.removeFirst(count)
  }

  /// Copies the bytes to memory of their own; their buffer returns to the pool.
  mutating func copyOut() {
    guard let lease = lease.take() else { return }
    self.lease = lease.copy()
  }
}
