// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// Keeps a read of the loop's event descriptor armed, so that a signal ends the loop's wait.
@safe
final class WakeReader: OperationOwner {
  private unowned let loop: CompletionLoop
  private let event: EventDescriptor
  /// Where the kernel writes the counter.
  private let counter: UnsafeMutablePointer<UInt64>
  private var token: Token?
  /// Whether it has been asked to end, which a cancel that misses can put off.
  private(set) var isStopping = false

  init(loop: CompletionLoop, event: EventDescriptor) {
    self.loop = loop
    self.event = event
    unsafe counter = .allocate(capacity: 1)
  }

  deinit {
    unsafe counter.deallocate()
  }

  var isArmed: Bool { token != nil }

  func owns(_ token: Token) -> Bool { self.token == token }

  func arm() {
    guard !isStopping else { return }
    // Not by `begin`, which ends what begins while the loop stops: until the end it can be woken.
    token = unsafe loop.core.start(
      .read(.file(event.descriptor), into: counter, byteCount: MemoryLayout<UInt64>.size),
      policy: .completion, owner: self)
    precondition(token != nil, "the wake-up comes first into the flight table")
  }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    token = nil
    arm()
  }

  override func stop() {
    isStopping = true
    if let token { loop.core.cancel(token) }
  }
}
