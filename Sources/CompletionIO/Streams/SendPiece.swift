internal import Uring

/// Bytes of one send, on their way out of a stream.
struct SendPiece: ~Copyable {
  /// The memory, if the stream has it; `nil` for a suspended sender's.
  private var lease: BufferLease?
  /// Where the next byte is.
  private(set) var address: UInt
  /// Bytes that have not gone out.
  private(set) var byteCount: Int
  let totalByteCount: Int
  let recipient: Recipient
  /// Set when the send is to end early.
  var earlyEnd: WaitEnd?
  /// Whether the bytes are in a buffer of the pool, which must not wait for a peer.
  private(set) var isPooled: Bool

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
  @inline(__always)
  init(_ lease: consuming BufferLease, home: UInt, recipient: Recipient) {
    let pool = lease.poolIdentity
    isPooled = pool == home
    byteCount = lease.byteCount
    totalByteCount = lease.byteCount
    self.recipient = recipient
    if pool != home, pool != 0 { lease = lease.copy() }
    address = unsafe UInt(bitPattern: lease.address)
    self.lease = consume lease
  }

  /// Refers to memory that stays in place until the wait is over.
  @inline(__always)
  init(borrowing address: UInt, byteCount: Int, wait: WaitID) {
    lease = nil
    isPooled = false
    self.address = address
    self.byteCount = byteCount
    totalByteCount = byteCount
    recipient = .wait(wait)
  }

  /// Bytes that have gone out.
  var sentByteCount: Int { totalByteCount - byteCount }

  /// Takes bytes off that are out.
  @inline(__always)
  mutating func removeFirst(_ count: Int) {
    byteCount -= count
    address += UInt(count)
  }

  /// Copies the bytes to memory of their own; their buffer returns to the pool.
  mutating func copyOut() {
    guard var lease = lease.take() else { return }
    lease.removeFirst(lease.byteCount - byteCount)
    lease = lease.copy()
    address = unsafe UInt(bitPattern: lease.address)
    isPooled = false
    self.lease = consume lease
  }
}
