// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// A fixed number of places for flights.
///
/// A place is reused with a new generation, so that a completion for an earlier use is recognised.
/// Memory costs nothing until a place is first used.
@safe
struct FlightTable: ~Copyable {
  // The pointer comes first: for an access by address ThreadSanitizer's instrumentation takes the
  // first word of the value for a pointer (Swift 6.3 emits a broken module for an integer).
  private let flights: UnsafeMutablePointer<Flight>
  let capacity: Int
  private(set) var count = 0
  /// Places below this have been used at least once.
  private var usedCount = 0
  /// The place that was given up last; ``noSlot`` for none.
  private var firstFree = Self.noSlot
  /// By slot; memory of it that no flight has used costs nothing.
  private let rests: UnsafeMutablePointer<FlightRest>
  private var policies = PolicyNumbers()

  init(capacity: Int) {
    precondition(capacity > 0 && capacity < Token.slotLimit, "\(capacity) flights")
    self.capacity = capacity
    unsafe flights = .allocate(capacity: capacity)
    unsafe rests = .allocate(capacity: capacity)
  }

  private static var noSlot: UInt32 { .max }

  deinit {
    unsafe flights.deallocate()
    unsafe rests.deallocate()
  }

  /// Takes a place; `nil` when the table is full, and when its flights have more different policies
  /// than there are numbers.
  mutating func open(
    _ request: Request, policy: ResubmissionPolicy, context: UInt = 0, owner: OperationOwner?
  ) -> Token? {
    guard count < capacity, let policyNumber = policies.retain(policy) else { return nil }
    let slot: Int
    if firstFree != Self.noSlot {
      slot = Int(firstFree)
      firstFree = unsafe flights[slot].attempt
    } else {
      slot = usedCount
      usedCount += 1
      unsafe (flights + slot).initialize(to: .empty)
    }
    count += 1
    let flight = unsafe flights + slot
    assert(unsafe flight.pointee.state == .free, "slot \(slot) is in use")
    unsafe flight.pointee.request = request
    unsafe flight.pointee.operation = request.operation
    unsafe flight.pointee.attempt = 1
    unsafe flight.pointee.state = .queued
    unsafe flight.pointee.phase = .request
    unsafe flight.pointee.facts = []
    unsafe flight.pointee.policyNumber = policyNumber
    unsafe flight.pointee.hasRest = false
    if context != 0 { self[restOf: slot].context = context }
    unsafe flight.pointee.owner = unsafe owner.map { unsafe Unmanaged.passRetained($0) }
    return Token(
      slot: slot, generation: unsafe flight.pointee.generation, operation: request.operation)
  }

  /// Gives a place up and hands back who was to hear of it, retained.
  mutating func retire(_ slot: Int) -> Unmanaged<OperationOwner>? {
    let flight = unsafe flights + slot
    assert(unsafe flight.pointee.state != .free, "slot \(slot) is free")
    unsafe flight.pointee.state = .free
    policies.release(unsafe flight.pointee.policyNumber)
    unsafe flight.pointee.generation &+= 1
    unsafe flight.pointee.attempt = firstFree
    firstFree = UInt32(slot)
    count -= 1
    return unsafe flight.pointee.owner
  }

  /// The policy of a flight.
  func policy(of slot: Int) -> ResubmissionPolicy { policies[self[slot].policyNumber] }

  /// The slot that a token names, if its flight is still on its way.
  func slot(for token: Token) -> Int? {
    let slot = token.slot
    guard slot < usedCount else { return nil }
    let flight = unsafe flights + slot
    guard unsafe flight.pointee.generation == token.generation,
      unsafe flight.pointee.state != .free
    else { return nil }
    return slot
  }

  /// The token of a flight.
  func token(of slot: Int) -> Token {
    let flight = unsafe flights + slot
    return Token(
      slot: slot, generation: unsafe flight.pointee.generation,
      operation: unsafe flight.pointee.operation)
  }

  subscript(slot: Int) -> Flight {
    unsafeAddress {
      assert(slot < usedCount, "slot \(slot) of \(usedCount)")
      return unsafe UnsafePointer(flights + slot)
    }
    nonmutating unsafeMutableAddress {
      assert(slot < usedCount, "slot \(slot) of \(usedCount)")
      return unsafe flights + slot
    }
  }

  /// What few flights have.
  subscript(restOf slot: Int) -> FlightRest {
    @inline(__always) get {
      assert(slot < usedCount, "slot \(slot) of \(usedCount)")
      return unsafe flights[slot].hasRest ? rests[slot] : FlightRest()
    }
    nonmutating set {
      assert(slot < usedCount, "slot \(slot) of \(usedCount)")
      unsafe flights[slot].hasRest = true
      unsafe (rests + slot).initialize(to: newValue)
    }
  }

  /// Slots that may hold a flight, for walking all of them.
  var slots: Range<Int> { 0..<usedCount }
}

extension Flight {
  fileprivate static var empty: Flight {
    unsafe Flight(
      request: .nop, generation: 1, attempt: 0, policyNumber: 0, operation: .nop, state: .free,
      phase: .request, hasRest: false, facts: [], owner: nil)
  }
}
