// SPDX-License-Identifier: Apache-2.0

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
  /// The request that sends the piece.
  private(set) var form = Form.plain

  /// The request that sends a piece.
  enum Form: UInt8 {
    /// A send like nearly all, which may gather neighbours.
    case plain
    /// A send without a copy, by itself.
    case zeroCopy
    /// A message with descriptors, by itself, until its first byte is out.
    case message
    /// The bytes of a file, piece by piece; the piece has no memory of its own.
    case file
  }

  /// Who is notified when the last byte is out, or of the failure.
  enum Recipient: Hashable {
    case nobody
    /// The task of this wait.
    case wait(WaitID)
    /// Nobody by itself: the task of this wait is notified of a later piece of the same send, and
    /// of how many bytes of this one went out.
    case part(WaitID)
    /// The task of this wait, which waits for the pieces before it; the piece itself has no bytes.
    case flush(WaitID)
    /// The stream's handler, with the caller's word.
    case handler(UInt)
    /// The stream's handler, of a file; the ``SpecialSend`` of this wait knows the caller's word.
    case file(WaitID)
  }

  /// Takes over a lease; one of another loop's pool is copied, because a buffer's way back would be
  /// a lock away.
  @inline(__always)
  init(_ lease: consuming BufferLease, home: HomePools, recipient: Recipient) {
    let pool = lease.poolIdentity
    isPooled = home.contains(pool)
    byteCount = lease.byteCount
    totalByteCount = lease.byteCount
    self.recipient = recipient
    if !isPooled, pool != 0 { lease = lease.copy() }
    address = unsafe UInt(bitPattern: lease.address)
    self.lease = consume lease
  }

  /// Marks a place in the queue.
  init(flush wait: WaitID) {
    lease = nil
    isPooled = false
    address = 0
    byteCount = 0
    totalByteCount = 0
    recipient = .flush(wait)
  }

  /// Refers to memory that stays in place until the wait is over.
  ///
  /// - Parameters:
  ///   - address: Where the bytes are.
  ///   - byteCount: How many there are.
  ///   - wait: The wait of the send.
  ///   - isLast: Whether no piece of the same send comes behind it.
  @inline(__always)
  init(borrowing address: UInt, byteCount: Int, wait: WaitID, isLast: Bool = true) {
    lease = nil
    isPooled = false
    self.address = address
    self.byteCount = byteCount
    totalByteCount = byteCount
    recipient = isLast ? .wait(wait) : .part(wait)
  }

  /// Refers to a piece of another form, which its wait or a ``SpecialSend`` knows.
  init(_ form: Form, at address: UInt = 0, byteCount: Int, wait: WaitID) {
    self.init(borrowing: address, byteCount: byteCount, wait: wait)
    self.form = form
  }

  /// Refers to the bytes of a file that a handler's program sends.
  init(file wait: WaitID, byteCount: Int) {
    lease = nil
    isPooled = false
    address = 0
    self.byteCount = byteCount
    totalByteCount = byteCount
    recipient = .file(wait)
    form = .file
  }

  /// Has what is left sent like nearly all pieces.
  mutating func becomePlain() { form = .plain }

  /// Whether a task waits for the piece, by itself or with others.
  var isAwaited: Bool {
    switch recipient {
    case .wait, .part, .flush: true
    case .nobody, .handler, .file: false
    }
  }

  /// Whether the piece belongs to the send of a wait.
  func belongs(to wait: WaitID) -> Bool {
    recipient == .wait(wait) || recipient == .part(wait) || recipient == .file(wait)
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
