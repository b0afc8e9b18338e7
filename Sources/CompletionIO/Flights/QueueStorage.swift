// SPDX-License-Identifier: Apache-2.0

/// Queues that are lent and taken back, so that one that fills and empties with each message
/// allocates nothing.
///
/// A value that refers to memory of its own, because a reference would be counted with each
/// message; whoever makes it calls ``destroy()`` last.
@safe
struct QueueStorage<Element: ~Copyable> {
  /// A queue, and the one that was given back before it.
  @safe
  struct Loan: ~Copyable {
    var queue = RingQueue<Element>()
    var account = QueueAccount()
    fileprivate var next: UnsafeMutablePointer<Loan>?
  }

  @safe
  private struct Kept {
    var first: UnsafeMutablePointer<Loan>?
    var count = 0
  }

  private let kept: UnsafeMutablePointer<Kept>

  init() {
    unsafe kept = .allocate(capacity: 1)
    unsafe kept.initialize(to: Kept())
  }

  /// Frees everything; nobody has a queue of this storage any more.
  func destroy() {
    while let loan = unsafe kept.pointee.first {
      unsafe kept.pointee.first = unsafe loan.pointee.next
      unsafe Self.free(loan)
    }
    unsafe kept.deallocate()
  }

  /// Queues that are kept for those to come; what comes back beyond them is freed.
  private static var keptCount: Int { 1024 }

  @unsafe
  @inline(__always)
  func take() -> UnsafeMutablePointer<Loan> {
    guard let loan = unsafe kept.pointee.first else { return unsafe Self.make() }
    unsafe kept.pointee.first = unsafe loan.pointee.next
    unsafe kept.pointee.count -= 1
    return unsafe loan
  }

  @unsafe
  @inline(__always)
  func put(_ loan: UnsafeMutablePointer<Loan>) {
    guard unsafe kept.pointee.count < Self.keptCount, unsafe !loan.pointee.queue.hasGrown else {
      return unsafe Self.free(loan)
    }
    unsafe loan.pointee.queue.rewind()
    unsafe loan.pointee.account = QueueAccount()
    unsafe loan.pointee.next = unsafe kept.pointee.first
    unsafe kept.pointee.first = unsafe loan
    unsafe kept.pointee.count += 1
  }

  @unsafe
  @inline(never)
  static func make() -> UnsafeMutablePointer<Loan> {
    let loan = UnsafeMutablePointer<Loan>.allocate(capacity: 1)
    unsafe loan.initialize(to: Loan())
    return unsafe loan
  }

  @unsafe
  @inline(never)
  private static func free(_ loan: UnsafeMutablePointer<Loan>) {
    unsafe loan.deinitialize(count: 1)
    unsafe loan.deallocate()
  }
}
