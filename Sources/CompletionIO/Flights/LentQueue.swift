// SPDX-License-Identifier: Apache-2.0

/// A queue of which there are very many and few hold anything: one pointer, to a ``RingQueue`` that a
/// ``QueueStorage`` lends.
///
/// A queue that is empty has none, once it was given back.
@safe
struct LentQueue<Element: ~Copyable>: ~Copyable {
  private var loan: UnsafeMutablePointer<QueueStorage<Element>.Loan>?

  deinit {
    guard let loan = unsafe loan else { return }
    unsafe loan.deinitialize(count: 1)
    unsafe loan.deallocate()
  }

  var count: Int {
    @inline(__always) get {
      guard let loan = unsafe loan else { return 0 }
      return unsafe loan.pointee.queue.count
    }
  }

  var isEmpty: Bool {
    @inline(__always) get { count == 0 }
  }

  /// An element by its distance from the first.
  subscript(offset: Int) -> Element {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place.pointee.queue.address(offset)) }
    @inline(__always) unsafeMutableAddress { unsafe place.pointee.queue.address(offset) }
  }

  // Whoever changes the queue takes this into a variable first: for an access through the property
  // ThreadSanitizer's instrumentation takes the first word of the value for a pointer, and Swift 6.3
  // emits a broken module where the word is an optional one.
  private var place: UnsafeMutablePointer<QueueStorage<Element>.Loan> {
    @inline(__always) get {
      guard let loan = unsafe loan else { preconditionFailure("no element in this queue") }
      return unsafe loan
    }
  }

  /// The account of the queue; of no queue there is nothing to say.
  var account: QueueAccount {
    @inline(__always) get {
      guard let loan = unsafe loan else { return QueueAccount() }
      return unsafe loan.pointee.account
    }
  }

  /// Changes the account of a queue, of which there must be one.
  @inline(__always)
  mutating func changeAccount(_ body: (inout QueueAccount) -> Void) {
    let place = unsafe place
    unsafe body(&place.pointee.account)
  }

  /// Keeps why nothing can be queued any more, and with it the queue, until its owner ends.
  mutating func keep(end: UInt64) {
    if unsafe loan == nil { unsafe loan = unsafe QueueStorage.make() }
    changeAccount { $0.end = end }
  }

  /// Adds an element, to a queue of the storage's if there is none.
  @inline(__always)
  mutating func append(_ element: consuming Element, lentBy storage: QueueStorage<Element>) {
    if unsafe loan == nil { unsafe loan = unsafe storage.take() }
    let place = unsafe place
    unsafe place.pointee.queue.append(element)
  }

  @inline(__always)
  mutating func removeFirst() -> Element {
    let place = unsafe place
    return unsafe place.pointee.queue.removeFirst()
  }

  /// Ends the first element.
  @inline(__always)
  mutating func dropFirst() {
    let place = unsafe place
    unsafe place.pointee.queue.dropFirst()
  }

  /// Removes an element, whose followers move up.
  ///
  /// - Complexity: O(n)
  mutating func remove(at offset: Int) -> Element {
    let place = unsafe place
    return unsafe place.pointee.queue.remove(at: offset)
  }

  /// Ends all elements.
  mutating func removeAll() { while !isEmpty { dropFirst() } }

  /// Gives the queue back, once it is empty.
  @inline(__always)
  mutating func giveBack(to storage: QueueStorage<Element>) {
    guard let loan = unsafe loan, isEmpty, unsafe loan.pointee.account.end == nil else { return }
    unsafe storage.put(loan)
    unsafe self.loan = nil
  }
}
