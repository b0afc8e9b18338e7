// SPDX-License-Identifier: Apache-2.0

/// A first-in first-out queue of noncopyable elements in a ring of places.
///
/// The memory grows by doubling and is kept while the queue lives.
@safe
struct RingQueue<Element: ~Copyable>: ~Copyable {
  private var places: UnsafeMutablePointer<Element>?
  private var head: UInt32 = 0
  private var size: UInt32 = 0
  private var capacity: UInt32 = 0

  /// The first memory has room for so many elements.
  static var firstCapacity: Int { 4 }

  deinit {
    guard let places = unsafe places else { return }
    for offset in 0..<Int(size) { unsafe (places + place(offset)).deinitialize(count: 1) }
    unsafe places.deallocate()
  }

  var count: Int { Int(size) }

  var isEmpty: Bool { size == 0 }

  @inline(__always)
  private func place(_ offset: Int) -> Int {
    Int((head &+ UInt32(truncatingIfNeeded: offset)) & (capacity &- 1))
  }

  /// An element by its distance from the first.
  subscript(offset: Int) -> Element {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(address(offset)) }
    @inline(__always) unsafeMutableAddress { unsafe address(offset) }
  }

  @unsafe
  @inline(__always)
  func address(_ offset: Int) -> UnsafeMutablePointer<Element> {
    guard UInt(bitPattern: offset) < UInt(size), let places = unsafe places else {
      preconditionFailure("no element at this offset")
    }
    return unsafe places + place(offset)
  }

  @inline(__always)
  mutating func append(_ element: consuming Element) {
    if size == capacity { grow() }
    guard let places = unsafe places else {
      preconditionFailure("a queue that has grown has memory")
    }
    unsafe (places + place(Int(size))).initialize(to: element)
    size &+= 1
  }

  @inline(__always)
  mutating func removeFirst() -> Element {
    let first = unsafe address(0).move()
    advance()
    return first
  }

  /// Ends the first element.
  @inline(__always)
  mutating func dropFirst() {
    unsafe address(0).deinitialize(count: 1)
    advance()
  }

  /// Goes on behind the first place, whose element has gone.
  @inline(__always)
  private mutating func advance() {
    head = (head &+ 1) & (capacity &- 1)
    size &-= 1
  }

  /// Removes an element, whose followers move up.
  ///
  /// - Complexity: O(n)
  mutating func remove(at offset: Int) -> Element {
    let element = unsafe address(offset).move()
    for later in (offset + 1)..<max(offset + 1, Int(size)) {
      unsafe (address(later - 1)).initialize(to: address(later).move())
    }
    size -= 1
    return element
  }

  /// Whether it has more memory than at first.
  var hasGrown: Bool { capacity > UInt32(Self.firstCapacity) }

  /// Begins with the first place again, which is in the cache, once the queue is empty.
  @inline(__always)
  mutating func rewind() { head = 0 }

  /// Ends all elements; the memory stays.
  mutating func removeAll() {
    while !isEmpty { _ = removeFirst() }
  }

  @inline(never)
  private mutating func grow() {
    let larger = max(UInt32(Self.firstCapacity), capacity * 2)
    unsafe move(to: .allocate(capacity: Int(larger)), capacity: larger)
  }

  private mutating func move(to memory: UnsafeMutablePointer<Element>, capacity larger: UInt32) {
    if let places = unsafe places {
      for offset in 0..<Int(size) {
        unsafe (memory + offset).initialize(to: (places + place(offset)).move())
      }
      unsafe places.deallocate()
    }
    unsafe places = unsafe memory
    head = 0
    capacity = larger
  }
}

// Elements that can be compared, for queues of names.
extension RingQueue where Element: Equatable {
  /// Removes an element wherever it is in the queue.
  ///
  /// - Returns: Whether it was there.
  /// - Complexity: O(n)
  @discardableResult
  mutating func remove(_ element: Element) -> Bool {
    for offset in 0..<count where self[offset] == element {
      _ = remove(at: offset)
      return true
    }
    return false
  }

  /// The first element, which stays.
  var first: Element? { isEmpty ? nil : self[0] }
}
