/// Memory for the first elements of queues, lent and taken back, so that a queue that fills and
/// empties with each message allocates nothing.
///
/// A value that refers to memory of its own, because a reference would be counted with each
/// message; whoever makes it calls ``destroy()`` last. What has come back is a list through the
/// memory itself.
@safe
struct QueueStorage<Element: ~Copyable> {
  @safe
  private struct Kept {
    var first: UnsafeMutableRawPointer?
    var count = 0
  }

  private let kept: UnsafeMutablePointer<Kept>

  init() {
    unsafe kept = .allocate(capacity: 1)
    unsafe kept.initialize(to: Kept())
  }

  /// Frees everything; no queue has memory of this storage any more.
  func destroy() {
    while let memory = unsafe kept.pointee.first {
      unsafe kept.pointee.first = unsafe memory.load(as: UnsafeMutableRawPointer?.self)
      unsafe memory.deallocate()
    }
    unsafe kept.deallocate()
  }

  /// Memory that is kept for queues to come; what comes back beyond it is freed.
  private static var keptCount: Int { 1024 }

  @unsafe
  func take() -> UnsafeMutablePointer<Element> {
    guard let memory = unsafe kept.pointee.first else {
      return unsafe UnsafeMutableRawPointer.allocate(
        byteCount: RingQueue<Element>.firstCapacity * MemoryLayout<Element>.stride,
        alignment: MemoryLayout<Element>.alignment
      ).assumingMemoryBound(to: Element.self)
    }
    unsafe kept.pointee.first = unsafe memory.load(as: UnsafeMutableRawPointer?.self)
    unsafe kept.pointee.count -= 1
    return unsafe memory.assumingMemoryBound(to: Element.self)
  }

  @unsafe
  func put(_ places: UnsafeMutablePointer<Element>) {
    let memory = UnsafeMutableRawPointer(places)
    guard unsafe kept.pointee.count < Self.keptCount else { return unsafe memory.deallocate() }
    unsafe memory.storeBytes(of: kept.pointee.first, as: UnsafeMutableRawPointer?.self)
    unsafe kept.pointee.first = unsafe memory
    unsafe kept.pointee.count += 1
  }
}
