/// Received bytes, in the buffer that the kernel wrote them to.
///
/// The buffer returns to its pool when the lease ends. While leases are held the pool has fewer
/// buffers to receive into, so keep them short or copy what must last.
@safe
public struct BufferLease: ~Copyable, @unchecked Sendable {
  // Unchecked: the lease is the only way to its buffer, and its end is safe on any thread.

  /// `nil` for memory of the lease's own.
  ///
  /// The pool keeps itself alive while it has leases.
  private let pool: Unmanaged<BufferPool>?
  private let index: UInt16
  private var isHeld = true
  private let start: UnsafeMutableRawPointer

  /// How many bytes were received.
  public let byteCount: Int

  init(pool: BufferPool?, index: UInt16, start: UnsafeMutableRawPointer, byteCount: Int) {
    unsafe self.pool = unsafe pool.map { unsafe Unmanaged.passUnretained($0) }
    self.index = index
    unsafe self.start = unsafe start
    self.byteCount = byteCount
  }

  deinit {
    guard isHeld else { return }
    guard let pool = unsafe pool else { return unsafe start.deallocate() }
    unsafe pool._withUnsafeGuaranteedRef { $0.takeBack(index) }
  }

  /// The received bytes, for as long as the lease lives.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let span = unsafe RawSpan(_unsafeStart: start, byteCount: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The received bytes, to be changed in place before they are sent on.
  public var mutableBytes: MutableRawSpan {
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableRawSpan(_unsafeStart: start, byteCount: byteCount)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// Which pool the buffer is of, and may return to: its ``BufferPool/identity``; 0 for none.
  package var poolIdentity: UInt { unsafe pool.map { unsafe UInt(bitPattern: $0.toOpaque()) } ?? 0 }

  /// Where the bytes are, for a request that the lease outlives.
  @unsafe
  package var address: UnsafeRawPointer { unsafe UnsafeRawPointer(start) }
}

extension BufferLease {
  /// Gives up the lease without returning its buffer, which ``BufferPool/returnReleased(_:)`` does.
  ///
  /// A queue of plain structs can hold the parts where it could not hold a noncopyable value.
  package consuming func release() -> (index: UInt16, address: UInt, byteCount: Int) {
    isHeld = false
    return unsafe (index: index, address: UInt(bitPattern: start), byteCount: byteCount)
  }
}

extension BufferLease {
  /// Makes a lease of the parts of one that was given up.
  ///
  /// - Parameters:
  ///   - pool: The pool that the buffer returns to; `nil` if `address` was allocated for these
  ///     bytes alone.
  ///   - index: The buffer's index in the pool.
  ///   - address: Where the bytes are.
  ///   - byteCount: How many they are.
  package init(restoring pool: BufferPool?, index: UInt16, address: UInt, byteCount: Int) {
    guard let start = unsafe UnsafeMutableRawPointer(bitPattern: address) else {
      preconditionFailure("a lease has memory")
    }
    unsafe self.init(pool: pool, index: index, start: start, byteCount: byteCount)
  }
}

extension BufferPool {
  /// Names the pool, to be compared without counting references.
  package var identity: UInt { unsafe UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()) }

  /// Makes a lease of the parts of one of the pool's that was given up.
  package func restoreLease(_ index: UInt16, address: UInt, byteCount: Int) -> BufferLease {
    BufferLease(restoring: self, index: index, address: address, byteCount: byteCount)
  }

  /// Returns a buffer whose lease was given up by ``BufferLease/release()``.
  package func returnReleased(_ index: UInt16) {
    takeBack(index)
  }
}
