// SPDX-License-Identifier: Apache-2.0

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
  private let base: UnsafeMutableRawPointer
  /// Where the bytes begin in the memory.
  private var offset: UInt32
  private var count: UInt32
  /// Bytes of the memory.
  private let capacity: UInt32
  private let index: UInt16

  init(
    pool: BufferPool?, index: UInt16, base: UnsafeMutableRawPointer, byteCount: Int, capacity: Int
  ) {
    unsafe self.pool = unsafe pool.map { unsafe Unmanaged.passUnretained($0) }
    self.index = index
    unsafe self.base = unsafe base
    offset = 0
    count = UInt32(byteCount)
    self.capacity = UInt32(capacity)
  }

  deinit {
    guard let pool = unsafe pool else { return unsafe base.deallocate() }
    unsafe pool._withUnsafeGuaranteedRef { $0.takeBack(index) }
  }

  /// Bytes that the lease holds.
  public var byteCount: Int { Int(count) }

  /// The received bytes, for as long as the lease lives.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let span = unsafe RawSpan(_unsafeStart: base + Int(offset), byteCount: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The received bytes, to be changed in place before they are sent on.
  public var mutableBytes: MutableRawSpan {
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableRawSpan(_unsafeStart: base + Int(offset), byteCount: byteCount)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// Drops bytes from the start, when a program has used a part of them.
  ///
  /// - Parameter count: How many bytes; all of them if the lease holds fewer.
  public mutating func removeFirst(_ count: Int) {
    let count = UInt32(min(max(0, count), byteCount))
    offset += count
    self.count -= count
  }

  /// Whether the buffer is of a pool, and not memory of the lease's own.
  package var isPooled: Bool { unsafe pool != nil }

  /// Whether the memory has room behind the bytes, for ``append(_:)``.
  package var hasRoom: Bool { offset + count < capacity }

  /// Which pool the buffer returns to: its ``BufferPool/identity``; 0 for none.
  package var poolIdentity: UInt { unsafe pool.map { unsafe UInt(bitPattern: $0.toOpaque()) } ?? 0 }

  /// The bytes that were dropped from the start, which are still there.
  package var droppedBytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let span = unsafe RawSpan(_unsafeStart: base, byteCount: Int(offset))
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// A lease of a copy of the bytes, and of those that were dropped from the start.
  package func copyWithDropped() -> BufferLease {
    let all = unsafe RawSpan(_unsafeStart: base, byteCount: Int(offset) + byteCount)
    var copy = BufferLease(copying: all)
    copy.removeFirst(Int(offset))
    return copy
  }

  /// Where the bytes are, for a request that the lease outlives.
  @unsafe
  package var address: UnsafeRawPointer { unsafe UnsafeRawPointer(base + Int(offset)) }
}

// Memory of a lease's own, and what a queue of leases does with it.
extension BufferLease {
  /// Makes a lease of a copy of bytes.
  ///
  /// - Parameters:
  ///   - bytes: Copied before the call returns.
  ///   - capacity: Bytes of memory to allocate, at least; the rest has room for ``append(_:)``.
  package init(copying bytes: RawSpan, capacity: Int = 0) {
    let capacity = max(1, capacity, bytes.byteCount)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe memory.copyMemory(from: start, byteCount: source.count)
    }
    unsafe self.init(
      pool: nil, index: 0, base: memory, byteCount: bytes.byteCount, capacity: capacity)
  }

  /// A lease of a copy of the bytes, in memory of its own.
  package func copy(capacity: Int) -> BufferLease {
    BufferLease(copying: bytes, capacity: capacity)
  }

  /// Copies bytes behind the lease's own, if its memory has room for all of them.
  ///
  /// The memory behind received bytes is the lease's too: the kernel wrote as many as it has said.
  ///
  /// - Parameter bytes: Copied before the call returns.
  /// - Returns: Whether there was room.
  package mutating func append(_ bytes: RawSpan) -> Bool {
    let end = Int(offset) + byteCount
    guard bytes.byteCount <= Int(capacity) - end else { return false }
    let target = unsafe base + end
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe target.copyMemory(from: start, byteCount: source.count)
    }
    count += UInt32(bytes.byteCount)
    return true
  }
}

extension BufferPool {
  /// Identifies the pool, to be compared without counting references.
  package var identity: UInt { unsafe UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()) }
}
